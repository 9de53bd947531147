import psycopg
import pytest
from databases import client_on, cloned
from tile_points import AROUND, SIDE, cell_of, edges, features_at, own_features, place_of, total
from tile_squares import CITY, fetch, tile_at, tiles_over

from gridgeo.devices.layer import COUNTED_ONLY, SINGLE_FROM

INSERT = """
INSERT INTO device (code, kind, family, geom, map_version)
VALUES (%s, %s, %s, ST_Point(%s, %s, 4326), 1)
"""
SCATTER = """
INSERT INTO device (code, kind, family, geom, map_version)
SELECT 'scattered-' || n, (ARRAY['camera_fixed', 'smoke', 'drone'])[n %% 3 + 1],
       (ARRAY['video', 'iot', 'mobile'])[n %% 3 + 1],
       ST_Point(%(west)s + random() * (%(east)s - %(west)s),
                %(south)s + random() * (%(north)s - %(south)s), 4326), 1
FROM (SELECT setseed(0.5)) AS seed, generate_series(1, 1500) AS n
"""
WITHHELD = (113.6011, 34.7012)
CLUSTERED = range(8, SINGLE_FROM)


@pytest.fixture(scope="module")
def dsns(cluster, tiny_template):
    """The tiny city with devices all around, on edges of cells and tiles, and some to withhold."""
    with cloned(cluster, tiny_template.template) as dsns:
        with psycopg.connect(dsns.app) as conn:
            conn.execute(
                SCATTER, dict(zip(("west", "south", "east", "north"), AROUND, strict=True))
            )
            corners = {d: edges(d) for d in range(11, 19)}
            on_edges = [
                (f"edge-{d}", "smoke", "iot", lon, lat)
                for d, (lon, lat) in corners.items()
                if lon < AROUND[2] and lat > AROUND[1]
            ]
            assert len(on_edges) > 5
            withheld = [(f"withheld-{k}", k, "iot", *WITHHELD) for k in COUNTED_ONLY]
            conn.cursor().executemany(INSERT, on_edges + withheld)
        yield dsns


@pytest.fixture
def conn(dsns):
    with psycopg.connect(dsns.reader) as conn:
        yield conn


def devices(conn):
    return conn.execute("SELECT count(*) FROM device").fetchone()[0]


@pytest.mark.parametrize("z", [*CLUSTERED, SINGLE_FROM])
def test_over_the_tiles_of_a_zoom_counts_add_up_to_the_number_of_devices(conn, z):
    found = list(own_features(conn, "device", z))
    assert total(found) == devices(conn)
    assert len({feature.id for _, feature in found}) == len(found)


@pytest.mark.parametrize("z", [9, 13, SINGLE_FROM])
def test_in_another_datum_they_add_up_as_well(conn, z):
    tiles = tiles_over(z, (AROUND[0], AROUND[1] - 0.02, AROUND[2] + 0.02, AROUND[3]))
    assert total(own_features(conn, "device", z, tiles, "gcj02")) == devices(conn)


@pytest.mark.parametrize("z", [16, 18])
def test_from_near_each_device_stands_in_one_tile(conn, z):
    west, south = CITY[:2]
    box = west, south, west + 0.004, south + 0.004
    tiles = tiles_over(z, box)
    found = [
        f.attributes["code"]
        for _, f in own_features(conn, "device", z, tiles)
        if "code" in f.attributes
    ]
    assert len(set(found)) == len(found)
    inside = "SELECT code FROM device WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326)"
    held = {code for (code,) in conn.execute(inside, box)}
    assert {code for code in held if not code.startswith("withheld")} <= set(found)


def test_a_cell_is_the_same_in_every_tile_that_shows_it_and_counts_by_family(conn):
    seen = {}
    for tile in tiles_over(12, AROUND):
        for feature in features_at(conn, "device", *tile):
            seen.setdefault(feature.id, []).append(feature.attributes)
    assert any(len(said) > 1 for said in seen.values())
    for said in seen.values():
        assert all(one == said[0] for one in said)
        if "count" in said[0]:
            assert said[0]["cluster"] is True
            assert said[0]["count"] == sum(said[0][f] for f in ("video", "iot", "mobile"))


@pytest.mark.parametrize("z", [8, 11, 13])
def test_a_cluster_stands_in_its_cell_and_a_cell_of_one_is_the_device_itself(conn, z):
    for (_, x, y), feature in own_features(conn, "device", z):
        if "count" not in feature.attributes:
            assert feature.attributes.keys() == {"code", "kind", "family", "synthetic"}
            assert feature.id < 2**31
            continue
        depth, *cell = cell_of(feature.id)
        assert depth == z + 3
        width = SIDE / 8
        for number, tile, place in zip(cell, (x, y), place_of(feature), strict=True):
            assert number * width - 1 <= tile * SIDE + place <= (number + 1) * width + 1


@pytest.mark.parametrize("z", [8, 13, SINGLE_FROM, 15])
def test_kinds_that_tell_of_persons_are_counted_and_never_shown(conn, z):
    cell = min(z, SINGLE_FROM - 1)
    _, x, y = tile_at(cell, *WITHHELD)
    tiles = [
        (z, (x << z - cell) + i, (y << z - cell) + j)
        for i in range(2 ** (z - cell))
        for j in range(2 ** (z - cell))
    ]
    found = list(own_features(conn, "device", z, tiles))
    assert not any(f.attributes.get("kind") in COUNTED_ONLY for _, f in found)
    if z >= SINGLE_FROM:
        ((_, cluster),) = [one for one in found if "cluster" in one[1].attributes]
        assert cluster.attributes["count"] == len(COUNTED_ONLY)


def test_a_kind_that_is_only_counted_stands_in_the_middle_of_its_cell(dsns, conn):
    with psycopg.connect(dsns.app) as other:
        other.execute(INSERT, ("lonely", COUNTED_ONLY[0], "iot", 114.2001, 34.2001))
    z, x, y = tile_at(10, 114.2001, 34.2001)
    (feature,) = features_at(conn, "device", z, x, y)
    assert feature.attributes["count"] == 1 and "code" not in feature.attributes
    assert all(place % 512 == 256 for place in place_of(feature))


def test_who_may_not_see_devices_sees_none_alone_or_among_others(dsns, as_role):
    with client_on(dsns) as client:
        for layers in ("device", "grid,device", "device,event"):
            for tile in (tile_at(12), tile_at(16)):
                for role, status in ((None, 401), ("viewer", 403), ("analyst", 403)):
                    headers = as_role(role) if role else {}
                    answer = fetch(client, layers, *tile, headers=headers)
                    assert answer.status_code == status, (layers, role)
        answer = fetch(client, "grid,device", *tile_at(12), headers=as_role("dispatcher"))
        assert answer.headers["Cache-Control"] == "private, no-cache"
