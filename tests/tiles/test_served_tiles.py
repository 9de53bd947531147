"""Tiles of a live server as strangers read them: a strict reader, GDAL, and another decoder."""

import time
import tomllib

import httpx2
import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely
from databases import cloned
from serving import server
from strict_tile import decoded, faults_in, layers_of
from tile_squares import HALF_M, tile_at, tiles_over

from gridgeo.settings import ROOT
from gridgeo.tiles.model import MOST_LAYERS

DEADLINE_S = 120.0
DATUMS = (None, None, "gcj02", "bd09")


class Served(httpx2.Client):
    """A client of a live server: its layers, its sets of layers, and their TileJSON."""

    def catalogue(self):
        """First and last zoom of all that may be asked for."""
        said = tomllib.loads((ROOT / "tiles" / "layers.toml").read_text(encoding="utf-8"))
        alone = {name: row.get("alone_from", row["minzoom"]) for name, row in said.items()
                 if name != "set"}  # fmt: skip
        several = [*said["set"], ",".join([*alone][:MOST_LAYERS]), "label,micro_grid"]
        return {
            name: (alone.get(name, told["minzoom"]), told["maxzoom"])
            for name in (*alone, *several)
            for told in [self.tilejson(name)]
        }

    def tilejson(self, name):
        if name not in self.told:
            self.told[name] = self.get(f"/tiles/{name}.json").raise_for_status().json()
        return self.told[name]

    def tile(self, name, tile, **query):
        """Bytes of a tile; none where nothing lies."""
        path = "/tiles/{}/{}/{}/{}.mvt".format(name, *tile)
        answer = self.get(path, params={k: v for k, v in query.items() if v is not None})
        assert answer.status_code in (200, 204), f"{path} {query}: {answer.text} {self.faults()}"
        return answer.content

    def faults(self):
        """What the server's log says of its last fault."""
        lines = (self.folder / "server.log").read_text().splitlines()
        return [line for line in lines if "Traceback" in line][-1:]


@pytest.fixture(scope="module", params=["tiny", pytest.param("small", marks=pytest.mark.full)])
def served(request, cluster, tmp_path_factory):
    """A client, with an operator's key, of a server of one worker that has drawn its tiles."""
    city = request.getfixturevalue(f"{request.param}_template")
    folder = tmp_path_factory.mktemp("served")
    headers = {"Authorization": f"Bearer {city.keys['operator']}"}
    with (
        cloned(cluster, city.template) as dsns,
        server(dsns, folder, workers=1) as url,
        Served(base_url=url, headers=headers, timeout=60) as client,
    ):
        deadline = time.monotonic() + DEADLINE_S
        while client.get("/health/ready").json()["tiles"] != "drawn":
            assert time.monotonic() < deadline, "the tiles were never drawn"
            time.sleep(0.2)
        client.made, client.folder, client.told = city.made, folder, {}
        is_tiny = request.param == "tiny"  # in each datum all is drawn anew: some seconds
        client.sample, client.datums = (60, (None,)) if is_tiny else (2000, DATUMS)
        yield client


def sample(served, chance):
    """Names, tiles and queries without end: each layer and set alike, then each of its zooms."""
    zooms = served.catalogue()
    west, south, east, north = served.tilejson("micro_grid")["bounds"]
    while True:
        name = list(zooms)[chance.integers(len(zooms))]
        zoom = int(chance.integers(zooms[name][0], zooms[name][1] + 1))
        tile = tile_at(zoom, chance.uniform(west, east), chance.uniform(south, north))
        is_alone = zoom < served.tilejson(name)["minzoom"]
        datum = None if is_alone else served.datums[chance.integers(len(served.datums))]
        at = None if is_alone else [None, None, "1"][chance.integers(3)]
        yield name, tile, {"datum": datum, "at": at}


def test_tiles_of_all_layers_sets_zooms_and_datums_are_strictly_valid(served):
    read, seen, drawn = 0, set(), sample(served, np.random.default_rng(1))
    while read < served.sample:
        name, tile, query = next(drawn)
        data = served.tile(name, tile, **query)
        assert faults_in(data) == [], (name, tile, query)
        names = [layer.name for layer in layers_of(data)]
        told = [layer["id"] for layer in served.tilejson(name)["vector_layers"]]
        assert names == [one for one in told if one in names], (name, tile)
        seen.update(names)
        read += bool(data)
    assert len(seen) > 6


def on_ground(z, x, y, shape):
    """A shape in tile units, in EPSG:3857."""
    unit = 2 * HALF_M / 2**z / 4096
    west, north = x * 4096 * unit - HALF_M, HALF_M - y * 4096 * unit
    return shapely.transform(shape, lambda xy: xy * (unit, -unit) + np.array([west, north]))


def test_gdal_reads_a_tile_by_its_url_as_the_strict_reader_does(served):
    tile = tile_at(14, *middle(served))
    frame = pyogrio.read_dataframe(
        str(served.base_url.join("/tiles/micro_grid/{}/{}/{}.mvt".format(*tile)))
    )
    told = served.tilejson("micro_grid")["vector_layers"][0]["fields"]
    assert set(frame.columns) <= {"mvt_id", "geometry", *told}
    assert frame.crs.to_epsg() == 3857
    assert frame.geometry.is_valid.all()
    core = shapely.box(0, 0, 4096, 4096)
    ours = {
        f.id: f
        for f in decoded(served.tile("micro_grid", tile))
        if f.shape.intersection(core).area > 0
    }
    assert len(frame) == len(ours) > 1
    for row in frame.itertuples():
        mine = ours[row.mvt_id]
        assert all(getattr(row, key) == value for key, value in mine.attributes.items())
        expected = on_ground(*tile, mine.shape.intersection(core))
        assert row.geometry.symmetric_difference(expected).area < 1e-6 * expected.area


def test_gdal_reads_the_layers_of_a_set_by_their_names(served):
    tile = tile_at(14, *middle(served))
    url = str(served.base_url.join("/tiles/city/{}/{}/{}.mvt".format(*tile)))
    names = [layer.name for layer in layers_of(served.tile("city", tile))]
    assert len(names) > 3
    assert sorted(pyogrio.list_layers(url)[:, 0]) == sorted(names)
    for name in names:
        assert pyogrio.read_dataframe(url, layer=name).geometry.is_valid.all()


def test_gdal_reads_a_whole_layer_by_its_tilejson(served):
    url = str(served.base_url.join("/tiles/micro_grid"))
    found = pyogrio.read_dataframe(
        f"MVT:{url}/12", METADATA_FILE=f"{url}.json", TILE_EXTENSION="mvt"
    )
    assert found.geometry.is_valid.all()
    assert set(found["code"]) == {leaf.code for leaf in served.made.leaves}


def middle(served):
    west, south, east, north = served.tilejson("micro_grid")["bounds"]
    return (west + east) / 2, (south + north) / 2


LEVELS = ("district", "township", "community", "grid", "micro_grid")


def placed(served, level, tile):
    """Units of a tile by id as another reader has them, within the tile, in units of the zoom."""
    data = served.tile(level, tile)
    if not data:
        return {}
    _, x, y = tile
    core = shapely.box(0, 0, 4096, 4096)
    (layer,) = mapbox_vector_tile.decode(data, default_options={"y_coord_down": True}).values()
    shapes = {f["id"]: shapely.geometry.shape(f["geometry"]) for f in layer["features"]
              if not f["properties"].get("token")}  # fmt: skip
    assert all(shape.is_valid for shape in shapes.values())
    parts = {unit: shape.intersection(core) for unit, shape in shapes.items()}
    return {
        unit: shapely.transform(part, lambda xy: xy + np.array([x, y]) * 4096)
        for unit, part in parts.items()
        if part.area
    }


@pytest.mark.parametrize("level", LEVELS)
def test_units_put_together_from_tiles_leave_no_gap_and_no_overlap_wider_than_a_unit(served, level):
    told = served.tilejson(level)
    for zoom in range(told["minzoom"], min(told["maxzoom"], 16) + 1):
        parts = {}
        for tile in tiles_over(zoom, told["bounds"]):
            for unit, part in placed(served, level, tile).items():
                parts.setdefault(unit, []).append(part)
        units = [shapely.union_all(found) for found in parts.values()]
        whole = shapely.union_all(units)
        holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole)
                 for ring in part.interiors]  # fmt: skip
        assert not any(hole.buffer(-0.51).area for hole in holes), (zoom, "gap")
        tree = shapely.STRtree(units)
        first, other = tree.query(units, predicate="intersects")
        pairs = np.column_stack((first, other))[first < other]
        common = shapely.intersection(*(np.array(units, dtype=object)[side] for side in pairs.T))
        assert not any(shapely.area(shapely.buffer(common, -0.51))), (zoom, "overlap")
