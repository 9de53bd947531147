import pytest
from shapely.geometry import MultiPolygon, box, mapping

from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.plans.forms import KINDS, read_edit, recoded
from gridgeo.plans.model import Reshape
from gridgeo.plans.redraw import Redraw


def test_every_kind_is_read_from_its_kept_form():
    assert {"move_vertex", "replace"} < set(KINDS)
    moved = read_edit("move_vertex", {"at": [113.6, 34.7], "to": [113.7, 34.7]})
    assert moved == Reshape(MoveVertex((113.6, 34.7), (113.7, 34.7)))
    shape = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    drawn = read_edit("replace", {"units": [{"code": "a", "geometry": mapping(shape)}]})
    assert isinstance(drawn, Redraw)
    assert (drawn.units[0].code, drawn.units[0].shape, drawn.retired) == ("a", shape, [])


def test_multipolygon_keeps_its_parts():
    shape = MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    edit = read_edit("replace", {"units": [{"geometry": mapping(shape)}], "retired": ["b"]})
    assert isinstance(edit, Redraw)
    assert (edit.units[0].shape, edit.retired) == (shape, ["b"])


def test_unknown_kind_and_wrong_form_name_their_key():
    with pytest.raises(UnknownKeyword, match="the kinds are move_vertex, split, merge"):
        read_edit("explode", {})
    with pytest.raises(BadInput) as refused:
        read_edit("move_vertex", {"at": [1.0], "to": [1.0, 2.0]})
    assert refused.value.key == "at.1"


def test_codes_are_exchanged_wherever_a_form_names_a_unit_and_nowhere_else():
    other = {"a": "b"}
    assert recoded({"code": "a", "name": "a", "households": 3}, other) == {
        "code": "b", "name": "a", "households": 3,
    }  # fmt: skip
    assert recoded({"between": ["a", "c"], "line": [[1, 2]]}, other)["between"] == ["b", "c"]
    units = [{"code": "a", "parent_code": "a", "name": "a"}, {"name": "n"}]
    assert recoded({"units": units, "retired": ["a"]}, other) == {
        "units": [{"code": "b", "parent_code": "b", "name": "a"}, {"name": "n"}], "retired": ["b"],
    }  # fmt: skip
    assert recoded({"keep": [1.0, 2.0], "code": "x"}, other) == {"keep": [1.0, 2.0], "code": "x"}
