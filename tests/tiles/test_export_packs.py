"""Packs of tiles as files: read again by other readers, and made again after a break."""

import gzip
import json
import sqlite3
from contextlib import closing
from itertools import pairwise

import numpy as np
import pyogrio
import pytest
import shapely
from pmtiles.reader import MemorySource, MmapSource, Reader, all_tiles
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid
from tile_squares import tile_at, tiles_over

from gridgeo.errors import Conflict
from gridgeo.tiles.packs.archives import HEAD_BYTES, About, write_mbtiles, write_pmtiles
from gridgeo.tiles.packs.blocks import Ground
from gridgeo.tiles.packs.staging import Stage

BOX = (113.600, 34.700, 113.616, 34.713)
LAYER = {
    "id": "grid",
    "description": "polygon",
    "minzoom": 2,
    "maxzoom": 9,
    "fields": {"code": "c"},
}
ABOUT = About(
    name="郑州",
    description="map version 3",
    attribution="合成数据 synthetic data",
    bounds=BOX,
    minzoom=2,
    maxzoom=9,
    vector_layers=[LAYER],
    more={"map_version": 3, "unit": "410105"},
)


def some_tiles(count=3_000, zoom=9):
    """Tiles one after the other; every third like the one before it."""
    first = zxy_to_tileid(zoom, 0, 0)
    said = [f"tile {k - (k % 3 == 2)}".encode() for k in range(count)]
    return [(first + 2 * k - (k % 3 == 2), gzip.compress(t, mtime=0)) for k, t in enumerate(said)]


# --- which tiles ---------------------------------------------------------------------------------


def test_blocks_hold_each_tile_of_a_box_once_in_ascending_order():
    ground = Ground.of_bounds(*BOX)
    found = [tile for block in ground.blocks(0, 18) for tile in ground.tiles(block)]
    assert [number for number, _ in found] == sorted({number for number, _ in found})
    assert all(zxy_to_tileid(*place) == number for number, place in found)
    assert {place for _, place in found} == {t for z in range(19) for t in tiles_over(z, BOX)}
    assert len(found) == len({number for number, _ in found})


def test_the_reach_of_a_block_is_that_of_its_tiles():
    for block in Ground.of_bounds(*BOX).blocks(0, 18):
        places = np.array([tileid_to_zxy(number) for number in block.numbers])
        low, high = places.min(axis=0), places.max(axis=0)
        assert block.reach == (low[1], low[2], high[1], high[2])


def test_the_tiles_of_a_shape_are_those_that_meet_it_or_come_near():
    shape = shapely.Point(113.608, 34.706).buffer(0.004)
    inside, box = Ground.of_shape(shape), Ground.of_bounds(*shape.bounds)
    for zoom in (12, 15, 18):
        mine, every = (
            {place for block in g.blocks(zoom, zoom) for _, place in g.tiles(block)}
            for g in (inside, box)
        )
        held = {tile_at(zoom, *xy) for xy in shape.exterior.coords} | {
            tile_at(zoom, 113.608, 34.706)
        }
        assert held <= mine
        assert zoom < 18 or len(mine) < len(every)


# --- PMTiles -------------------------------------------------------------------------------------


def test_pmtiles_are_read_again_by_their_own_reader(tmp_path):
    tiles, path = some_tiles(), tmp_path / "a.pmtiles"
    write_pmtiles(path, iter(tiles), ABOUT)
    with path.open("rb") as file:
        source = MmapSource(file)
        header, told = Reader(source).header(), Reader(source).metadata()
        assert [(zxy_to_tileid(*place), data) for place, data in all_tiles(source)] == tiles
        assert Reader(source).get(*tileid_to_zxy(tiles[7][0])) == tiles[7][1]
        assert Reader(source).get(9, 511, 0) is None
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (2, 9, True)
    assert header["addressed_tiles_count"] == 3_000
    assert header["tile_contents_count"] == 2_000
    assert header["tile_entries_count"] == 2_000
    assert [
        header[f"{side}_e7"] / 1e7 for side in ("min_lon", "min_lat", "max_lon", "max_lat")
    ] == (list(BOX))
    assert told["vector_layers"] == [LAYER]
    assert (told["map_version"], told["attribution"]) == (3, ABOUT.attribution)


def test_the_parts_of_a_pmtiles_file_fill_it(tmp_path):
    path = tmp_path / "a.pmtiles"
    chance = np.random.default_rng(1)
    sizes = zip(
        chance.integers(1, 9, 20_000).cumsum(), chance.integers(9, 999, 20_000), strict=True
    )
    write_pmtiles(path, ((int(step), chance.bytes(size)) for step, size in sizes), ABOUT)
    data = path.read_bytes()
    header = Reader(MemorySource(data)).header()
    assert header["root_offset"] + header["root_length"] <= HEAD_BYTES
    assert header["leaf_directory_length"] > 0
    parts = sorted(
        (header[f"{part}_offset"], header[f"{part}_length"])
        for part in ("tile_data", "metadata", "leaf_directory")
    )
    assert parts[0][0] == HEAD_BYTES and sum(parts[-1]) == len(data)
    assert all(start + size == after for (start, size), (after, _) in pairwise(parts))
    assert len(list(all_tiles(MemorySource(data)))) == 20_000


# --- MBTiles -------------------------------------------------------------------------------------


def test_mbtiles_count_rows_from_the_south_and_say_what_they_must(tmp_path):
    tiles, path = some_tiles(), tmp_path / "a.mbtiles"
    write_mbtiles(path, iter(tiles), ABOUT)
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute("SELECT * FROM tiles").fetchall()
        told = dict(conn.execute("SELECT * FROM metadata").fetchall())
        (mark,) = conn.execute("PRAGMA application_id").fetchone()
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert mark == 0x4D504258
    found = [(zxy_to_tileid(z, x, 2**z - 1 - y), data) for z, x, y, data in rows]
    assert found == tiles
    assert told["format"] == "pbf" and told["name"] == "郑州" and told["map_version"] == "3"
    assert told["bounds"] == "113.6000000,34.7000000,113.6160000,34.7130000"
    assert told["center"] == "113.608,34.7065,9"
    assert (told["minzoom"], told["maxzoom"], told["type"]) == ("2", "9", "baselayer")
    assert json.loads(told["json"])["vector_layers"] == [LAYER]


def test_a_pack_replaces_what_a_break_left_of_one(tmp_path):
    for name, write in (("a.mbtiles", write_mbtiles), ("a.pmtiles", write_pmtiles)):
        once, again = tmp_path / name, tmp_path / f"b{name}"
        write(once, iter(some_tiles()), ABOUT)
        again.write_bytes(once.read_bytes()[: once.stat().st_size // 2])
        write(again, iter(some_tiles()), ABOUT)
        assert again.read_bytes() == once.read_bytes()


def test_gdal_knows_both_for_what_they_are(tmp_path):
    for name, write in (("a.mbtiles", write_mbtiles), ("a.pmtiles", write_pmtiles)):
        write(tmp_path / name, iter(some_tiles()), ABOUT)
        assert [name for name, _ in pyogrio.list_layers(tmp_path / name)] == ["grid"]


# --- in the making -------------------------------------------------------------------------------


def test_a_stage_is_taken_up_by_the_same_job_and_emptied_for_another(tmp_path):
    folder, tiles = tmp_path / "a.part", some_tiles(10)
    with Stage.opened(folder, {"version": 1}) as stage:
        assert not stage.has(0) and (stage.resumed, stage.replaced) == (0, False)
        stage.put(1, tiles[5:])
        stage.put(0, tiles[:5])
    with Stage.opened(folder, {"version": 1}) as stage:
        assert stage.has(0) and stage.has(1) and stage.resumed == 2
        assert list(stage.tiles(2)) == tiles
    with Stage.opened(folder, {"version": 2}) as stage:
        assert not stage.has(0) and (stage.resumed, stage.replaced) == (0, True)
        stage.put(0, [])
        assert stage.has(0) and list(stage.tiles(1)) == []
        stage.clear()
    assert not folder.exists()


def test_a_block_that_a_power_cut_left_short_is_not_taken(tmp_path):
    with Stage.opened(tmp_path / "a.part", {}) as stage:
        stage.put(0, some_tiles(10))
        path = stage.folder / "0000000.tiles"
        whole = path.read_bytes()
        for size in (0, 5, 20, len(whole) - 1, len(whole) + 1):
            path.write_bytes((whole + b"x")[:size])
            assert not stage.has(0), size


def test_two_processes_never_make_the_same_pack(tmp_path):
    with Stage.opened(tmp_path / "a.part", {}):
        with (
            pytest.raises(Conflict, match="Another process"),
            Stage.opened(tmp_path / "a.part", {}),
        ):
            pass
