"""The map as a pack: the server's own tiles, whatever breaks on the way."""

import gzip
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial

import mapbox_vector_tile
import pyogrio
import pytest
from databases import cloned
from drawn_worker import until
from fastapi.testclient import TestClient
from pmtiles.reader import MemorySource, Reader, all_tiles
from tile_squares import CITY, fetch, tiles_over

from gridgeo import app as application
from gridgeo.errors import BadInput, Conflict, Forbidden, NotFound, Unavailable, UnknownKeyword
from gridgeo.settings import ROOT, Secret, Settings
from gridgeo.tiles.drawn.ahead import draw_head
from gridgeo.tiles.drawn.kept import TileFiles
from gridgeo.tiles.packs.export import House, export
from gridgeo.tiles.packs.order import Order
from gridgeo.tiles.packs.page import MARK, PACK

CATALOGUE = application.catalogue(ROOT / "tiles")
ZOOMS = range(6, 17)


def silent(text, fraction=None):
    pass


@pytest.fixture(scope="module")
def city(cluster, tiny_template):
    with cloned(cluster, tiny_template.template) as dsns:
        yield dsns


@pytest.fixture(scope="module")
def house(city, tmp_path_factory):
    """An installation whose live map is drawn, with a page that is as good as built."""
    drawings, web = tmp_path_factory.mktemp("drawings"), tmp_path_factory.mktemp("web")
    assert draw_head(city.reader, TileFiles(drawings), CATALOGUE.drawn, silent) == 1
    (web / "assets").mkdir()
    (web / "index.html").write_text(
        '<html><head><title>x</title></head><script src="/assets/index-1.js"></script></html>'
    )
    (web / "assets" / "index-1.js").write_text("const worker = `/assets/worker-2.mjs`")
    (web / "assets" / "worker-2.mjs").write_text("'worker'")
    (web / "assets" / "swagger-ui.css").write_text("")
    return House(city.reader, drawings, ROOT / "tiles", web)


@pytest.fixture
def order(tmp_path):
    """An order for the whole map as PMTiles."""
    return Order(tmp_path / "city.pmtiles", CATALOGUE.choose("city"), ZOOMS[0], ZOOMS[-1])


@pytest.fixture(scope="module")
def whole(house, tmp_path_factory):
    """The file of that order, made without a break."""
    out = tmp_path_factory.mktemp("whole") / "city.pmtiles"
    made = export(
        house, CATALOGUE, Order(out, CATALOGUE.choose("city"), ZOOMS[0], ZOOMS[-1]), silent
    )
    assert (made.version.version, made.resumed, made.replaced) == (1, 0, False)
    return out


def unpacked(path):
    """Tiles of a PMTiles file by zoom, column and row, plain."""
    return {
        place: gzip.decompress(data) for place, data in all_tiles(MemorySource(path.read_bytes()))
    }


@pytest.fixture(scope="module")
def client(city, house):
    """A client of a server that serves the drawn map."""
    dsns = {"app_dsn": Secret(city.app[:]), "reader_dsn": Secret(city.reader[:])}
    settings = Settings(**dsns, index_dir=house.drawings)
    with TestClient(application.create_app(settings)) as client:
        until(lambda: client.app.state.tiles.current() is not None)
        yield client


# --- what is in it -------------------------------------------------------------------------------


def test_a_pack_holds_just_the_tiles_that_the_server_gives(whole, client):
    packed = unpacked(whole)
    for tile in (tile for zoom in ZOOMS for tile in tiles_over(zoom)):
        answer = fetch(client, "city", *tile)
        assert answer.status_code == (200 if tile in packed else 204), tile
        assert answer.content == packed.get(tile, b""), tile
    assert {zoom for zoom, _, _ in packed} == set(ZOOMS)


def test_a_pack_says_what_tilejson_says(whole, client):
    told = client.get("/tiles/city.json").json()
    reader = Reader(MemorySource(whole.read_bytes()))
    header, said = reader.header(), reader.metadata()
    assert said["attribution"] == told["attribution"]
    assert "合成数据" in said["attribution"]
    assert said["map_version"] == told["map_version"]
    assert said.get("review_number") == told["review_number"]
    sides = ("min_lon", "min_lat", "max_lon", "max_lat")
    assert [header[f"{side}_e7"] / 1e7 for side in sides] == pytest.approx(told["bounds"])
    assert header["center_lon_e7"] / 1e7 == pytest.approx(told["center"][0])
    mine = {layer["id"]: layer["fields"] for layer in said["vector_layers"]}
    theirs = {layer["id"]: layer["fields"] for layer in told["vector_layers"]}
    assert mine == theirs
    assert all(6 <= one["minzoom"] <= one["maxzoom"] <= 16 for one in said["vector_layers"])


def test_mbtiles_hold_the_same_tiles_and_gdal_reads_them(whole, house, order, tmp_path):
    out = tmp_path / "city.mbtiles"
    export(house, CATALOGUE, replace(order, out=out), silent)
    with closing(sqlite3.connect(out)) as conn:
        rows = conn.execute("SELECT * FROM tiles").fetchall()
    assert {(z, x, 2**z - 1 - y): gzip.decompress(t) for z, x, y, t in rows} == unpacked(whole)
    grids = pyogrio.read_dataframe(out, layer="grid", ZOOM_LEVEL=16)
    assert set(grids["level"]) == {"grid"} and grids.crs.to_epsg() == 3857
    west, south, east, north = grids.to_crs(4326).total_bounds
    assert (west, south, east, north) == pytest.approx(CITY, abs=1e-3)


def test_a_reader_of_vector_tiles_finds_all_layers_in_it(whole):
    seen = {name for tile in unpacked(whole).values() for name in mapbox_vector_tile.decode(tile)}
    assert seen <= {layer.name for layer in CATALOGUE.choose("city").layers}
    assert {"district", "grid", "micro_grid", "label", "building", "road"} <= seen


def test_a_pack_of_a_unit_holds_the_tiles_that_meet_it_whole(whole, house, order, tiny_template):
    leaf = tiny_template.made.leaves[0]
    export(house, CATALOGUE, replace(order, unit=leaf.code), silent)
    every, mine = unpacked(whole), unpacked(order.out)
    assert mine.items() <= every.items()
    xs, ys = leaf.shape.exterior.coords.xy
    met = {t for z in ZOOMS for xy in zip(xs, ys, strict=True) for t in tiles_over(z, (*xy, *xy))}
    assert met <= mine.keys() and len(mine) < len(every)
    assert Reader(MemorySource(order.out.read_bytes())).metadata()["unit"] == leaf.code


def test_a_pack_in_a_datum_has_all_vertices_in_it(house, order, client):
    drawings = TileFiles(house.drawings, "gcj02")
    assert draw_head(house.dsn, drawings, CATALOGUE.drawn, silent, "gcj02") == 1
    export(house, CATALOGUE, replace(order, datum="gcj02", minzoom=13, maxzoom=15), silent)
    packed = unpacked(order.out)
    reader = Reader(MemorySource(order.out.read_bytes()))
    assert reader.metadata()["datum"] == "gcj02"
    west = client.get("/tiles/city.json?datum=gcj02").json()["bounds"][0]
    assert reader.header()["min_lon_e7"] / 1e7 == pytest.approx(west)
    assert west - CITY[0] == pytest.approx(0.006, abs=0.002)
    for tile, content in packed.items():
        answer = fetch(client, "road", *tile, datum="gcj02")
        assert answer.content in content, tile
    until(lambda: client.app.state.shifted.current("gcj02") is not None)
    for tile, content in packed.items():
        assert fetch(client, "city", *tile, datum="gcj02").content == content, tile


# --- breaks --------------------------------------------------------------------------------------


class Broken(Exception):
    pass


def broken_after(steps, text, fraction=None):
    """Report that breaks the work off in the middle."""
    if fraction is not None and fraction > steps:
        raise Broken


def test_what_was_broken_off_goes_on_and_comes_out_the_same(whole, house, order):
    with pytest.raises(Broken):
        export(house, CATALOGUE, order, partial(broken_after, 0.4))
    assert not order.out.exists()
    told = []
    made = export(house, CATALOGUE, order, lambda text, fraction=None: told.append(text))
    assert made.resumed > 0 and told[0].startswith("going on")
    assert order.out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in order.out.parent.iterdir()) == ["city.pmtiles"]


def test_another_order_begins_anew_and_says_so(house, order):
    with pytest.raises(Broken):
        export(house, CATALOGUE, order, partial(broken_after, 0.4))
    told = []
    other = replace(order, maxzoom=14)
    made = export(house, CATALOGUE, other, lambda text, fraction=None: told.append(text))
    assert made.replaced and not made.resumed and told[0].startswith("beginning anew")


def test_a_full_disk_is_said_and_nothing_half_made_is_left(house, order, monkeypatch):
    for name in ("city.pmtiles", "city.mbtiles"):
        out = order.out.with_name(name)
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", full)
            with pytest.raises(Unavailable, match="No space left"):
                export(house, CATALOGUE, replace(order, out=out, minzoom=15), silent)
        assert not out.exists()
        assert export(house, CATALOGUE, replace(order, out=out, minzoom=15), silent).resumed


def full(descriptor):
    raise OSError(28, "No space left on device")


def test_a_place_where_nobody_may_write_is_said(house, order, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="no folder"):
        export(house, CATALOGUE, replace(order, out=tmp_path / "file" / "a.pmtiles"), silent)
    with pytest.raises(Unavailable, match="could not be written"):
        export(house, CATALOGUE, replace(order, out=tmp_path.__class__("/proc/a.pmtiles")), silent)


# --- what is refused -----------------------------------------------------------------------------


def test_a_file_that_is_there_stays_unless_it_may_go(house, order):
    order.out.write_text("mine")
    with pytest.raises(Conflict, match="--overwrite"):
        export(house, CATALOGUE, order, silent)
    assert order.out.read_text() == "mine"
    export(house, CATALOGUE, replace(order, overwrite=True, minzoom=15), silent)
    assert order.out.read_bytes().startswith(b"PMTiles")


def test_no_file_holds_what_only_some_may_see(house, order):
    sensitive = [one.name for one in CATALOGUE if one.layer.permission]
    assert "device" in sensitive
    for name in sensitive:
        with pytest.raises(Forbidden, match="a file asks nobody"):
            export(house, CATALOGUE, replace(order, chosen=CATALOGUE.choose(name)), silent)


def test_no_file_holds_figures_of_the_moment(house, order):
    figures = [one.name for one in CATALOGUE if one.layer.reckon]
    assert "density" in figures
    for name in figures:
        with pytest.raises(BadInput, match="figures of the moment"):
            export(house, CATALOGUE, replace(order, chosen=CATALOGUE.choose(name)), silent)


def test_a_level_that_is_asked_for_alone_is_there_from_further_out(house, order, client):
    alone = next(one for one in CATALOGUE if one.alone_from < one.minzoom)
    chosen = CATALOGUE.choose(alone.name)
    wanted = replace(order, chosen=chosen, minzoom=alone.alone_from, maxzoom=alone.minzoom)
    export(house, CATALOGUE, wanted, silent)
    packed = unpacked(order.out)
    assert {zoom for zoom, _, _ in packed} == set(range(alone.alone_from, alone.minzoom + 1))
    for tile, content in packed.items():
        assert fetch(client, alone.name, *tile).content == content
    (layer,) = Reader(MemorySource(order.out.read_bytes())).metadata()["vector_layers"]
    assert layer["minzoom"] == alone.alone_from


def test_an_order_that_cannot_be_is_refused_before_anything_is_made(house, order, tmp_path):
    for wrong, error, key in (
        ({"out": tmp_path / "city.tar"}, UnknownKeyword, "out"),
        ({"out": tmp_path / "none" / "city.pmtiles"}, BadInput, "out"),
        ({"minzoom": 17, "maxzoom": 3}, BadInput, "minzoom"),
        ({"minzoom": 0, "maxzoom": 1}, BadInput, "minzoom"),
        ({"datum": "tokyo"}, UnknownKeyword, "datum"),
        ({"unit": "nobody"}, NotFound, "unit"),
        ({"at": "9"}, NotFound, "at"),
    ):
        with pytest.raises(error) as caught:
            export(house, CATALOGUE, replace(order, **wrong), silent)
        assert caught.value.key == key
    assert list(tmp_path.iterdir()) == []


# --- a folder that needs no server ---------------------------------------------------------------


def test_a_folder_holds_the_page_its_styles_and_the_pack(whole, house, order, tmp_path):
    out = tmp_path / "offline"
    export(house, CATALOGUE, replace(order, out=out, page=True), silent)
    assert (out / PACK).read_bytes() == whole.read_bytes()
    html = (out / "index.html").read_text()
    assert MARK in html and 'src="./assets/index-1.js"' in html
    assert (out / "assets" / "index-1.js").read_text() == "const worker = `./assets/worker-2.mjs`"
    assert not (out / "assets" / "swagger-ui.css").exists()
    config = json.loads((out / "config.json").read_text())
    assert (config["pmtiles"], config["version"], config["datum"]) == (PACK, 1, None)
    assert {"day", "night"} <= set(config["styles"])
    layers = {layer.name for layer in CATALOGUE.choose("city").layers}
    for name in config["styles"]:
        style = json.loads((out / "styles" / f"{name}.json").read_text())
        assert [source["url"] for source in style["sources"].values()] == [f"pmtiles://{PACK}"]
        drawn = [layer for layer in style["layers"] if "source" in layer]
        assert {layer["source"] for layer in drawn} <= style["sources"].keys()
        assert {layer["source-layer"] for layer in drawn} <= layers
        assert "/tiles/" not in json.dumps(style)
        assert not any(str(style.get(key, "")).startswith("/") for key in ("sprite", "glyphs"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["offline"]
    with pytest.raises(Conflict):
        export(house, CATALOGUE, replace(order, out=out, page=True), silent)
    export(house, CATALOGUE, replace(order, out=out, page=True, overwrite=True), silent)
    assert (out / PACK).read_bytes() == whole.read_bytes()


def test_without_a_built_page_there_is_no_folder(house, order, tmp_path):
    bare = replace(house, web_dir=tmp_path / "none")
    with pytest.raises(Unavailable, match="make up"):
        export(bare, CATALOGUE, replace(order, out=tmp_path / "offline", page=True), silent)


def test_what_nobody_has_drawn_is_drawn_for_the_pack(whole, house, order, tmp_path):
    bare = replace(house, drawings=tmp_path)
    made = export(bare, CATALOGUE, replace(order, at="1", minzoom=15), silent)
    assert made.version.version == 1
    deep = {tile: data for tile, data in unpacked(whole).items() if tile[0] >= 15}
    assert unpacked(order.out) == deep
