"""Tables and bulk geometry keep what was put in."""

import numpy as np
import pytest
import shapely

from gridgeo.synth.model import SynthDevice
from gridgeo.synth.table import Drawn, Table


def table() -> Table[SynthDevice]:
    points = Drawn.points(np.array([(1136000000 + k, 347000000) for k in range(3)]))
    return Table(
        SynthDevice,
        code=np.array(["a", "b", "c"]),
        kind=np.array(["smoke", "noise", "smoke"]),
        leaf_code=np.array(["1", "1", "2"]),
        point=points.geometries(),
    )


def test_a_table_is_a_sequence_of_rows() -> None:
    rows = table()
    assert len(rows) == 3
    assert [row.code for row in rows] == ["a", "b", "c"]
    assert rows[1] == SynthDevice("b", "noise", "1", shapely.Point(113.6000001, 34.7))
    assert type(rows[-1].kind) is str
    assert [row.code for row in rows[1:]] == ["b", "c"]


def test_columns_are_read_only() -> None:
    column = table().column("code")
    with pytest.raises(ValueError, match="read-only"):
        column[0] = "z"


def square(at: int) -> np.ndarray:
    return np.array([(at, 0), (at + 10, 0), (at + 10, 10), (at, 10)])


def test_drawn_parts_come_back_as_they_were() -> None:
    drawn = Drawn.joined([Drawn.of("polygon", [square(0), square(20)]), Drawn.of("polygon", [])])
    assert len(drawn) == 2
    assert (drawn.part(0) == square(0)).all() and (drawn.part(1) == square(20)).all()
    shapes = drawn.geometries()
    assert shapes[1].equals(shapely.Polygon(square(20) / 1e7))
    lines = Drawn.of("line", [square(0)[:2], square(0)]).geometries()
    assert [len(line.coords) for line in lines] == [2, 4]


def test_nothing_drawn_gives_no_geometries() -> None:
    assert all(len(Drawn.of(kind, []).geometries()) == 0 for kind in ("point", "line", "polygon"))
