"""The contract of layers: what a statement yields, and that it finds what is near by an index."""

import pytest
import shapely
from tile_squares import tile_at

from gridgeo import app as application
from gridgeo.settings import ROOT

CATALOGUE = application.catalogue(ROOT / "tiles")
LARGE = ["micro_grid", "label", "building", "road", "place", "asset", "device"]
"""Layers whose tables are large enough in the tiny city for an index to be worth it."""


def given(conn, name):
    one = CATALOGUE.get(name)
    request = CATALOGUE.request(name, *tile_at(one.maxzoom), 1)
    return one.layer, one.layer.completed(conn, request.parameters(one.layer))


@pytest.fixture(scope="module")
def conn(shared_client):
    with shared_client.app.state.read_pool.connection() as conn:
        yield conn


@pytest.mark.parametrize("name", LARGE)
def test_what_is_near_is_found_by_an_index_on_shapes(conn, name):
    layer, parameters = given(conn, name)
    with conn.transaction(force_rollback=True):
        conn.execute("SET LOCAL enable_seqscan = off")
        plan = conn.execute(b"EXPLAIN " + layer.statement, parameters).fetchall()
    assert "_gist" in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize("name", [one.name for one in CATALOGUE])
def test_a_statement_yields_ids_ascending_shapes_in_degrees_and_the_fields(conn, name):
    layer, parameters = given(conn, name)
    cursor = conn.execute(layer.statement, parameters)
    columns = [column.name for column in cursor.description]
    assert columns[:2] == ["id", "geom"] and set(columns[2:]) == set(layer.fields)
    rows = cursor.fetchall()
    ids = [row[0] for row in rows]
    assert ids == sorted(ids)
    shapes = shapely.from_wkb([row[1] for row in rows if row[1] is not None])
    assert set(shapely.get_srid(shapes).tolist()) <= {4326}
