"""What the memory of replayed plans promises: the same map, and only the new edit drawn."""

import pytest
from memory_map import MemoryMap

from gridgeo.errors import UnknownKeyword
from gridgeo.plans.replays import Replays


class Counted(MemoryMap):
    """Counts how often an edit asks for a family."""

    asked = 0

    def family(self, codes):
        self.asked += 1
        return super().family(codes)


@pytest.fixture
def base(tiny_template):
    return Counted.of(tiny_template.made)


def renames(base, *names):
    code = min(unit.code for unit in base.units.values() if unit.is_leaf)
    return [{"kind": "rename", "params": {"code": code, "name": name}} for name in names]


def test_one_more_edit_draws_only_itself(base):
    replays, edits = Replays(), renames(base, "a", "b", "c")
    replays.replay(edits[:2], base, 1)
    before = base.asked
    replays.replay(edits, base, 1)
    one = base.asked - before
    assert 0 < one
    replays.replay(edits, base, 1)
    assert base.asked - before == one
    Replays().replay(edits, base, 1)
    assert base.asked - before == 4 * one


def test_what_is_kept_is_what_drawing_anew_would_give(base):
    replays, edits = Replays(), renames(base, "a", "b")
    for known in (edits[:1], edits, edits[:1], renames(base, "a", "z"), edits):
        assert replays.replay(known, base, 1).done == Replays().replay(known, base, 1).done


def test_another_base_is_another_map(base):
    replays, edits = Replays(), renames(base, "a")
    replays.replay(edits, base, 1)
    before = base.asked
    replays.replay(edits, base, 2)
    assert base.asked > before


def test_the_memory_is_bounded(base):
    replays = Replays(most_units=4)
    for name in "abcdefgh":
        replays.replay(renames(base, name), base, 1)
    before = base.asked
    replays.replay(renames(base, "a"), base, 1)
    assert base.asked > before
    before = base.asked
    replays.replay(renames(base, "a"), base, 1)
    assert base.asked == before


def test_a_refused_edit_leaves_what_was_kept(base):
    replays, edits = Replays(), renames(base, "a")
    done = replays.replay(edits, base, 1).done
    with pytest.raises(UnknownKeyword):
        replays.replay([*edits, {"kind": "explode", "params": {}}], base, 1)
    assert replays.replay(edits, base, 1).done is done
