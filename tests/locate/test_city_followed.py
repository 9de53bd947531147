"""A city made of the one before answers as one built anew, whatever a publication changed."""

from datetime import UTC, datetime

import pytest
from shapely import box

from gridgeo.geometry.errors import InvalidShape
from gridgeo.locate.model import CityChange, CityIndex, ExclusiveRef, UnitRef
from gridgeo.locate.unit_table import UnitTable
from gridgeo.units.model import MapVersion

WEST, SOUTH, STEP = 113.6, 34.7, 0.01
POINTS = [(WEST + STEP * x / 4, SOUTH + STEP * y / 4) for x in range(9) for y in range(9)]


def version(number):
    return MapVersion(number, datetime(2026, 1, number, tzinfo=UTC), "test", "", None, False)


def unit(number, name="", parent=1):
    return UnitRef(number, f"{number:03d}", "grid", name or f"grid {number}", parent)


def cell(west, south, east=None, north=None):
    """Leaf from one column and row of STEP to another."""
    east, north = east or west + 1, north or south + 1
    columns, rows = (west, east), (south, north)
    lon = [round((WEST + column * STEP) * 1e7) / 1e7 for column in columns]
    lat = [round((SOUTH + row * STEP) * 1e7) / 1e7 for row in rows]
    return box(lon[0], lat[0], lon[1], lat[1])


ROOT = UnitRef(1, "1", "city", "city", None)
UNITS = {1: ROOT, **{n: unit(n) for n in (2, 3, 4, 5)}}
LEAVES = {2: cell(0, 0), 3: cell(1, 0), 4: cell(0, 1), 5: cell(1, 1)}
GRIDS = [(ExclusiveRef(1, "X1", "park"), cell(0, 0))]


def city(units=UNITS, leaves=LEAVES, exclusive=GRIDS, number=1):
    return CityIndex.build(version(number), units, leaves, exclusive, 4547)


def require_same(followed, fresh):
    assert followed.version == fresh.version
    assert dict(followed.units) == dict(fresh.units)
    assert followed.bounds == fresh.bounds
    assert followed.root == fresh.root
    for point in POINTS:
        assert followed.place(*point) == fresh.place(*point)


def test_a_merge_is_followed():
    units = {n: ref for n, ref in UNITS.items() if n not in (2, 3)} | {6: unit(6)}
    merged = {6: cell(0, 0).union(cell(1, 0)), 4: LEAVES[4], 5: LEAVES[5]}
    change = CityChange(version(2), units, {2: LEAVES[2], 3: LEAVES[3]}, {6: merged[6]}, None)
    before = city()
    require_same(before.followed(change), city(units, merged, number=2))
    require_same(before, city())
    torn = CityChange(version(2), units, {2: LEAVES[2]}, {6: merged[6]}, None)
    with pytest.raises(InvalidShape):
        before.followed(torn)


def test_a_rename_and_other_exclusive_grids_are_followed():
    units = {**UNITS, 3: unit(3, "new name"), 1: UnitRef(1, "1", "city", "big city", None)}
    grids = [(ExclusiveRef(2, "X2", "pond"), cell(1, 1)), *GRIDS]
    followed = city().followed(CityChange(version(2), units, {}, {}, grids))
    require_same(followed, city(units, exclusive=grids, number=2))


def test_a_table_of_units_equals_its_mapping_and_starts_with_the_root():
    units = {n: UNITS[n] for n in (5, 2, 1, 4, 3)}
    table = UnitTable.of(units)
    assert dict(table) == units
    assert next(iter(table)) == 1
    assert UnitTable(table.arrays, table.levels)[3] is not table[3]
    assert UnitTable(table.arrays, table.levels)[3] == table[3]
    assert dict(table.items()) == dict(units)
    with pytest.raises(KeyError):
        table[9]
