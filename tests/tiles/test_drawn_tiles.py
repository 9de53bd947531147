"""Tiles of the live map as served: drawn ahead, patched after a publication, kept in a file."""

import gzip
from functools import partial

import pytest
from databases import cloned
from drawn_worker import COVERS, Process, draw, serving, until
from psycopg import OperationalError, connect
from strict_tile import decoded, faults_in
from test_tiles_after_publication import corner_to_move
from tile_squares import fetch, tile_at, tiles_over

from gridgeo.db.connect import pool
from gridgeo.settings import Settings
from gridgeo.tiles.cache import Tile, TileCache
from gridgeo.tiles.drawn import ahead
from gridgeo.tiles.drawn import live as live_module
from gridgeo.tiles.drawn.ahead import compile_ahead
from gridgeo.tiles.drawn.drawings import Drawings
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.drawn.live import LiveTiles, depths_of
from gridgeo.tiles.drawn.scheme import scheme_of
from gridgeo.tiles.drawn.store import draw_version
from gridgeo.units.store import head_version


def test_a_drawn_tile_is_valid_shows_every_leaf_and_says_what_the_database_says(
    drawn_client, tiny_template
):
    leaves = {leaf.code for leaf in tiny_template.made.leaves}
    seen = set()
    for tile in tiles_over(15):
        answer = fetch(drawn_client, "micro_grid", *tile)
        assert faults_in(answer.content) == []
        by_code = {f.attributes["code"]: f.attributes for f in decoded(answer.content)}
        pinned = fetch(drawn_client, "micro_grid", *tile, at="1")
        from_postgis = {f.attributes["code"]: f.attributes for f in decoded(pinned.content)}
        assert by_code == from_postgis
        seen |= by_code.keys()
    assert seen == leaves


def test_a_tile_comes_with_what_a_client_needs_by_either_way(ask):
    tile = tile_at(12)
    plain = ask("micro_grid", *tile, headers={"Accept-Encoding": "identity"})
    small = ask("micro_grid", *tile, headers={"Accept-Encoding": "gzip"})
    assert plain.status_code == small.status_code == 200
    assert small.headers["Content-Encoding"] == "gzip" and small.content == plain.content
    assert int(small.headers["Content-Length"]) < len(plain.content)
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, small):
        assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
        assert answer.headers["Cache-Control"] == "public, no-cache"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["X-Request-Id"]
    tag = plain.headers["ETag"]
    assert small.headers["ETag"] == tag
    for sent in (tag, f"W/{tag}", f'"other", {tag}'):
        again = ask("micro_grid", *tile, headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


def test_a_tile_with_nothing_in_it_is_204_by_either_way(ask):
    far = ask("micro_grid", *tile_at(14, 113.0, 34.0))
    assert (far.status_code, far.content) == (204, b"")


def test_what_is_no_tile_is_refused_as_ever(drawn_client):
    z, x, y = tile_at(14)
    for path in (f"micro_grid/11/{x}/{y}", f"micro_grid/{z}/{2**z}/{y}", f"colour/{z}/{x}/{y}"):
        assert drawn_client.get(f"/tiles/{path}.mvt").status_code == 404
    assert drawn_client.post(f"/tiles/micro_grid/{z}/{x}/{y}.mvt").status_code == 405
    bad_key = {"Authorization": "Bearer none"}
    assert fetch(drawn_client, "micro_grid", z, x, y, headers=bad_key).status_code == 401


def test_head_tells_as_much_as_get(drawn_client):
    z, x, y = tile_at(14)
    head = drawn_client.head(f"/tiles/micro_grid/{z}/{x}/{y}.mvt")
    got = fetch(drawn_client, "micro_grid", z, x, y)
    assert head.status_code == 200
    assert (head.headers["ETag"], head.headers["Content-Length"]) == (
        got.headers["ETag"], got.headers["Content-Length"]
    )  # fmt: skip


def test_tilejson_names_the_mark_of_tiny_units_where_it_may_come(drawn_client):
    for layer, there in (("grid", True), ("road", False)):
        fields = drawn_client.get(f"/tiles/{layer}.json").json()["vector_layers"][0]["fields"]
        assert ("token" in fields) == there
    assert "token" not in str(drawn_client.get("/tiles/grid.json?at=1").json())


@pytest.mark.parametrize("zoom", [14, 18])
def test_labels_are_drawn_and_those_of_leaves_are_as_the_database_tells(
    ask, drawn_client, tiny_template, zoom
):
    leaves = {leaf.code: leaf for leaf in tiny_template.made.leaves}
    drawn, from_postgis = {}, {}
    for tile in tiles_over(zoom):
        for found, query in ((drawn, {}), (from_postgis, {"at": "1"})):
            answer = ask("label", *tile, **query) if not query else fetch(
                drawn_client, "label", *tile, **query
            )  # fmt: skip
            assert faults_in(answer.content) == []
            for feature in decoded(answer.content):
                assert feature.id not in found, "a label stands once"
                found[feature.id] = feature.attributes
    ranks = [
        (drawn[i].pop("rank"), from_postgis[i].pop("rank")) for i in drawn if i in from_postgis
    ]
    assert all(abs(mine - other) <= 8 for mine, other in ranks)
    assert all(drawn[i] == from_postgis[i] for i in drawn if i in from_postgis)
    if zoom == 18:
        assert drawn.keys() == from_postgis.keys()
        assert {said["code"] for said in drawn.values()} == leaves.keys()


def test_leaves_are_there_further_out_when_they_are_asked_for_by_themselves(
    ask, drawn_client, tiny_template
):
    answer = ask("micro_grid", *tile_at(9))
    assert faults_in(answer.content) == []
    assert {f.attributes["code"] for f in decoded(answer.content)} == {
        leaf.code for leaf in tiny_template.made.leaves
    }
    pinned = fetch(drawn_client, "micro_grid", *tile_at(9), at="1")
    assert (pinned.status_code, pinned.json()["key"]) == (404, "z")
    assert drawn_client.get("/tiles/micro_grid.json").json()["minzoom"] == 12


def test_readiness_says_what_serves_the_tiles(drawn_client, client):
    assert drawn_client.get("/health/ready").json()["tiles"] == "drawn"
    assert client.get("/health/ready").json()["tiles"] == "from_database"


def test_after_a_publication_the_changed_tiles_are_new_and_the_others_as_they_were(
    cluster, tiny_template, as_role, tmp_path, monkeypatch
):
    at, to, _, _ = corner_to_move(tiny_template.made)
    tiles = [*tiles_over(14), *tiles_over(15)]
    with (
        cloned(cluster, tiny_template.template) as dsns,
        serving(dsns, tmp_path, monkeypatch) as client,
    ):
        known = {tile: fetch(client, "micro_grid", *tile) for tile in tiles}
        planner = as_role("planner")
        plan = client.post("/plans", json={"title": "move"}, headers=planner).json()["plan_id"]
        edit = {"kind": "move_vertex", "at": at, "to": to}
        for step, body in (("edits", edit), ("submit", None), ("approve", None), ("publish", None)):
            answer = client.post(f"/plans/{plan}/{step}", json=body, headers=planner)
            assert answer.is_success, answer.text
        until(lambda: client.app.state.tiles.current().version.version == 2)
        served = client.app.state.tiles.current()
        ready = [(z, x, y) for layer, z, x, y in served.cache._tiles if layer == "micro_grid"]
        later = {tile: fetch(client, "micro_grid", *tile) for tile in tiles}
        changed = {tile for tile in tiles if later[tile].content != known[tile].content}
        assert 1 <= len(changed) < len(tiles)
        assert set(ready) == set(tiles) - changed
        for tile in tiles:
            assert (later[tile].headers["ETag"] == known[tile].headers["ETag"]) == (
                tile not in changed
            )
        assert_as_from_scratch(dsns, served.drawings, tmp_path)


def assert_as_from_scratch(dsns, drawings: Drawings, folder):
    """What was patched, what is drawn anew, and what comes out of the next file are the same."""
    assert draw(dsns, folder) == draw(dsns, folder) == 2
    with connect(dsns.reader) as conn:
        head = head_version(conn)
        shown = scheme_of(COVERS, depths_of(conn, COVERS))
        anew = draw_version(conn, head.version, shown, lambda zoom: None)
        version, kept = TileFiles(folder).newest(conn, shown)
    assert version == head
    for key, pane in anew.panes.items():
        for other in (drawings, kept):
            found = other.panes[key].flattened().base
            for name in ("ids", "token", "boxes", "xy", "ends", "units"):
                assert (getattr(found, name) == getattr(pane.base, name)).all(), (key, name)
            said = [other.values.said(row) for row in found.subjects.tolist()]
            assert said == [anew.values.said(row) for row in pane.base.subjects.tolist()]


def test_a_file_that_is_damaged_or_of_other_zooms_is_left_alone(cluster, tiny_template, tmp_path):
    with cloned(cluster, tiny_template.template) as dsns, connect(dsns.reader) as conn:
        assert draw(dsns, tmp_path) == 1
        files, shown = TileFiles(tmp_path), scheme_of(COVERS, depths_of(conn, COVERS))
        assert files.newest(conn, shown) is not None
        assert files.newest(conn, shown[1:]) is None
        (path,) = tmp_path.glob("*.drawn")
        data = bytearray(path.read_bytes())
        data[-100] ^= 1
        path.write_bytes(data)
        assert files.newest(conn, shown) is None
        path.write_bytes(data[:100])
        assert files.newest(conn, shown) is None


def test_one_process_draws_and_the_others_leave_it_to_it(cluster, tiny_template, tmp_path):
    with cloned(cluster, tiny_template.template) as dsns:
        with TileFiles(tmp_path).turn() as is_ours:
            assert is_ours
            assert draw(dsns, tmp_path) is None
        assert draw(dsns, tmp_path) == 1
    (tmp_path / "file").touch()
    with TileFiles(tmp_path / "file").turn() as is_ours:
        assert not is_ours


def test_a_map_that_is_not_there_yet_is_not_drawn(db, tmp_path):
    assert draw(db, tmp_path) is None
    assert list(tmp_path.glob("*.drawn")) == []


def test_the_longest_unused_tiles_go_first():
    cache = TileCache(most_bytes=6000)
    tiles = {n: Tile(bytes(1000)) for n in range(5)}
    for n, tile in tiles.items():
        cache.put(("a", n, 0, 0), tile)
        cache.get(("a", 0, 0, 0))
    assert [n for n in tiles if cache.get(("a", n, 0, 0))] == [0, 3, 4]
    left = cache.without(lambda key: key[1] == 4)
    assert left.get(("a", 0, 0, 0)) and left.get(("a", 4, 0, 0)) is None


def test_a_tile_is_packed_when_that_is_worth_it_and_when_it_is_asked_for():
    assert Tile(b"short").packed("gzip") == Tile(b"short").ready("br") == b"short"
    long = Tile(b"long" * 1000)
    assert long.ready("gzip") is None and long.ready(None) == long.plain
    assert gzip.decompress(long.packed("gzip")) == long.plain
    assert long.ready("gzip") == long.packed("gzip")
    assert Tile(b"a").tag != Tile(b"b").tag


def test_all_that_draws_can_be_compiled_ahead():
    compile_ahead()


def test_while_one_worker_has_a_drawing_running_no_other_starts_one(live, tmp_path):
    with TileFiles(tmp_path).claim() as is_ours:
        assert is_ours
        live.look()
        assert live.started == []
    live.look()
    assert live.started == [1]


@pytest.fixture
def live(cluster, tiny_template, tmp_path):
    """Tiles of a worker without a thread, and its database; `drawings` counts what it starts."""
    started = []

    def draw_now():
        started.append(1)
        return Process(lambda: draw(dsns, tmp_path))

    with cloned(cluster, tiny_template.template) as dsns, pool(dsns.reader, Settings()) as source:
        tiles = LiveTiles(source, COVERS, TileFiles(tmp_path), draw_now)
        tiles.started = started
        tiles.look = partial(tiles.refresh, TileFiles(tmp_path))
        tiles.dsns = dsns
        yield tiles


def rename_all(dsns, name):
    """Give every township another name, past `publish`: a version as tiles see it."""
    with connect(dsns.owner) as conn:
        version = conn.execute(
            "INSERT INTO map_version (version, parent_version, valid_from, actor, synthetic)"
            " SELECT max(version) + 1, max(version), now(), 'test', true FROM map_version"
            " RETURNING version"
        ).fetchone()[0]
        conn.execute(
            "WITH old AS (UPDATE unit SET versions = int4range(lower(versions), %(v)s)"
            " WHERE level = 'township' AND upper_inf(versions) RETURNING *)"
            " INSERT INTO unit (unit_id, versions, code, level, name, parent_id, legal_parent_id,"
            " is_leaf, households, synthetic) SELECT unit_id, int4range(%(v)s, NULL), code, level,"
            " %(name)s, parent_id, legal_parent_id, is_leaf, households, synthetic FROM old",
            {"v": version, "name": name},
        )


def names_of(shelf):
    data = b"".join(shelf.tile("township", *tile).plain for tile in tiles_over(12))
    return {feature.attributes["name"] for feature in decoded(data)}


def test_postgis_serves_until_the_map_is_drawn_and_a_rename_is_patched(live):
    live.look()
    assert live.current() is None and live.started == [1]
    live.look()
    assert live.current().version.version == 1
    rename_all(live.dsns, "新镇")
    live.look()
    assert live.current().version.version == 2
    assert names_of(live.current()) == {"新镇"}
    assert live.started == [1]


def test_a_patched_map_is_written_and_taken_from_its_file_when_it_is_quiet(live, monkeypatch):
    live.look()
    live.look()
    rename_all(live.dsns, "新镇")
    monkeypatch.setattr(live_module, "RETRY_S", 0.0)
    live._not_before = 0.0
    live.look()
    patched = live.current()
    monkeypatch.setattr(live_module, "KEEP_AFTER_S", 0.0)
    live.look()
    live.look()
    assert live.started == [1, 1]
    assert live.current() is not patched
    assert live.current().cache is patched.cache
    live.look()
    assert live.started == [1, 1]


def test_when_too_much_has_changed_the_map_is_drawn_anew(live, monkeypatch):
    live.look()
    live.look()
    monkeypatch.setattr(live_module, "MOST_PATCHED", 0)
    monkeypatch.setattr(ahead, "MOST_PATCHED", 0)
    rename_all(live.dsns, "新镇")
    live.look()
    assert live.current() is None
    live._not_before = 0.0
    live.look()
    live.look()
    assert live.current().version.version == 2
    assert names_of(live.current()) == {"新镇"}


def test_after_a_failure_postgis_serves_and_it_is_tried_again_later(live, monkeypatch):
    live.look()
    live.look()
    rename_all(live.dsns, "新镇")
    with monkeypatch.context() as broken:
        broken.setattr(live_module, "change_between", lambda *args: 1 / 0)
        live.look()
        assert live.current() is None
    live.look()
    assert live.current().version.version == 2


def test_a_database_that_is_away_leaves_the_tiles_as_they_are(live, monkeypatch):
    live.look()
    live.look()
    served = live.current()

    def away(conn):
        raise OperationalError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(live_module, "head_version", away)
        live.look()
    assert live.current() is served


def test_without_a_folder_nothing_is_drawn(client):
    assert client.app.state.tiles.current() is None
