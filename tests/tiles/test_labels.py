"""Labels: one for each unit, inside it, where it is shown and has room; the larger first."""

import numpy as np
import pytest
import shapely
from drawn_city import CITY, LABELS, LEAF, TOWNSHIP, leaf_id, town
from strict_tile import decoded, faults_in

from gridgeo.geometry.generalise.frame import to_fine
from gridgeo.geometry.generalise.poles import Poles
from gridgeo.geometry.lattice import to_lattice
from gridgeo.tiles.drawn.labels import Labels
from gridgeo.tiles.drawn.points import label_layer
from gridgeo.tiles.drawn.scheme import LabelRule, Scheme, Shown
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import RANKS, Values

ZOOMS = range(8, 15)


@pytest.fixture(scope="module")
def before():
    return town()


@pytest.fixture(scope="module")
def labels(before):
    return made(before)


def made(place):
    return Labels.build(place.tree(), Values.of(place.said()), LABELS, place.read)


def tiles(place, labels, zoom):
    """Features of all tiles that have labels at a zoom, by tile."""
    values, found = Values.of(place.said()), {}
    for key in np.unique(labels.tiles_at(zoom)).tolist():
        x, y = key >> 32, key & 0xFFFFFFFF
        data = label_layer("label", labels, labels.rows_at(zoom, x, y), values, zoom)
        if data:
            assert faults_in(data) == []
            found[x, y] = decoded(data)
    return found


def fine(shape):
    return shapely.transform(
        shape, lambda xy: to_fine(to_lattice(xy).astype(np.int64)).astype(float)
    )


@pytest.mark.parametrize("zoom", ZOOMS)
def test_a_label_shows_once_inside_its_unit_where_that_is_drawn_and_has_room(before, labels, zoom):
    seen = {}
    for (x, y), features in tiles(before, labels, zoom).items():
        for feature in features:
            (((px, py),),) = feature.parts
            assert 0 <= px < 4096 and 0 <= py < 4096
            assert seen.setdefault(feature.id, feature) is feature
            place = (np.array([x * 4096 + px, y * 4096 + py]) + 0.5) * 2 ** (24 - zoom)
            assert fine(before.shape(feature.id)).contains(shapely.Point(place))
    tree, wide = before.tree(), dict(zip(labels.ids.tolist(), labels.widths.tolist(), strict=True))
    rows = zip(tree.ids.tolist(), tree.depths.tolist(), strict=True)
    drawn = [unit for unit, depth in rows if LABELS.zooms[depth] >> zoom & 1]
    room = LABELS.room_px * 2 ** (27 - zoom)
    assert seen.keys() == {unit for unit in drawn if wide[unit] >= room or zoom == LABELS.last}
    assert seen or zoom < 11


def test_a_label_says_what_its_unit_says_and_the_larger_unit_comes_first(before, labels):
    said = before.said()
    features = [f for found in tiles(before, labels, 14).values() for f in found]
    ranks = {}
    for feature in features:
        code, level, name, _, leaf, _, _ = said[feature.id]
        rank = ranks[feature.id] = feature.attributes["rank"]
        assert feature.attributes == {
            "code": code, "level": level, "name": name, "leaf": leaf, "rank": rank
        }  # fmt: skip
    wide = dict(zip(labels.ids.tolist(), labels.widths.tolist(), strict=True))
    by_width = sorted(ranks, key=lambda unit: -wide[unit])
    assert [ranks[unit] for unit in by_width] == sorted(ranks.values())
    assert max(ranks[leaf] for leaf in before.leaves) > max(ranks[t] for t in range(2, 22))


def test_ranks_halve_the_width_in_four_steps_and_never_leave_their_range(before):
    rule = LabelRule((1 << 8,), (1 << 8,), 1, 8)
    widths = np.array([0, 1, 2, 1 << 20, 1 << 21, 1 << 36], dtype=np.int64)
    ids = np.arange(1, 7, dtype=np.int32)
    tree = Tree.of([(unit, None, 0, True) for unit in ids.tolist()])
    values = Values.of(dict.fromkeys(ids.tolist(), ("c", "l", "n", None, True, 1, True)))
    poles = Poles(np.column_stack((ids, ids)).astype(np.int64) << 30, widths)
    made = Labels.of(ids, poles, tree, values, rule)
    ranks = made.ranks[np.argsort(made.ids)].tolist()
    assert ranks[0] == ranks[1] == RANKS - 1
    assert ranks[1] - ranks[2] == ranks[3] - ranks[4] == 4
    assert min(ranks) == ranks[-1] >= 0


def test_a_leaf_stands_for_all_finer_levels(before):
    rule = LabelRule((0, 1 << 8, 1 << 9), (0b1100000000, 0b1100000000, 1 << 9), 0, 9)
    tree = Tree.of([(1, None, CITY, False), (2, 1, TOWNSHIP, True), (3, 1, TOWNSHIP, False),
                    (4, 3, LEAF, True)])  # fmt: skip
    values = Values.of(dict.fromkeys(range(1, 5), ("c", "l", "n", None, True, 1, True)))
    leaf = before.leaves[leaf_id(0, 0)]
    made = Labels.build(tree, values, rule, lambda ids: [leaf] * len(ids))
    zooms = dict(zip(made.ids.tolist(), made.zooms.tolist(), strict=True))
    assert zooms == {2: 0b1100000000, 3: 1 << 8, 4: 1 << 9}


def test_without_a_rule_there_are_no_labels(before):
    drawn = Labels.build(before.tree(), Values.of(before.said()), None, before.read)
    assert len(drawn.ids) == 0 and len(drawn.rows_at(8, 208, 101)) == 0
    assert not Scheme((Shown(1, 8),)).labels
