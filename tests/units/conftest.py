from dataclasses import replace

import pytest
import shapely

from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.units import store
from gridgeo.units.publish import Record, publish


@pytest.fixture
def move(city_conn):
    """Make the delta that moves one shared inner vertex of the live map a little."""

    def make(dlon=0.00002, dlat=0.00001, number=0):
        head = store.head_version(city_conn).version
        units = store.all_units(city_conn, head)
        root = store.root_unit(city_conn, head)
        at = inner_vertices(units, root)[number]
        change = MoveVertex(at, (at[0] + dlon, at[1] + dlat)).apply(
            {code: unit.shape for code, unit in units.items()}, root.shape
        )
        return Delta(
            {code: units[code] for code in change.old},
            {code: replace(units[code], shape=shape) for code, shape in change.new.items()},
        )

    return make


@pytest.fixture
def put(city_conn):
    """Publish a delta on a base version, by default the live one."""

    def put(delta, base=None, followers=(), conn=city_conn):
        live = store.head_version(conn).version
        record = Record("test", live if base is None else base, note="test")
        return publish(conn, delta, followers, record)

    return put


def inner_vertices(units, root):
    """Vertices of leaves well inside the city, those of fewest units first."""
    leaves = [unit.shape for unit in units.values() if unit.is_leaf]
    xy = sorted({tuple(p) for leaf in leaves for p in shapely.get_coordinates(leaf).tolist()})
    inside = root.shape.buffer(-0.001)
    return [p for p in xy if inside.contains(shapely.Point(p))]
