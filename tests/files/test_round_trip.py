"""What `gridgeo export` writes, `gridgeo load` takes back to the same map, in another database."""

from dataclasses import replace

import psycopg
import pytest
import shapely
from databases import city_template, cloned

from gridgeo.cli import main
from gridgeo.cli.local import Local
from gridgeo.geometry.lattice import to_lattice
from gridgeo.units import store

SYSTEMS = ("EPSG:4490", "EPSG:4547", "EPSG:4326", "gcj02", "bd09")


@pytest.fixture(scope="module")
def linked_template(cluster, template_db, inputs, made):
    """The tiny city, some of it not synthetic, and some whose legal parent is another."""
    townships = [unit for unit in made.units if unit.level == "township"]
    legal = {unit.code: townships[0].code for unit in made.units
             if unit.level == "community" and unit.parent_code != townships[0].code}  # fmt: skip
    assert legal
    units = tuple(
        replace(
            unit,
            name_synthetic=False,
            shape_synthetic=unit.households % 2 == 0,
            legal_parent_code=legal.get(unit.code),
        )
        for unit in made.units
    )
    return city_template(cluster, "template_linked", replace(made, units=units), inputs)


@pytest.fixture(scope="module")
def source(cluster, linked_template):
    with cloned(cluster, linked_template.template) as dsns:
        yield dsns


@pytest.fixture
def export(source, tmp_path, monkeypatch):
    """`export(file, *options)` from the linked city."""
    Local(None, source, {}).write(tmp_path / "source" / "local.json")

    def run(file, *options):
        with monkeypatch.context() as here, pytest.raises(SystemExit, match="0"):
            here.setenv("GRIDGEO_VAR_DIR", str(tmp_path / "source"))
            main(["export", str(file), *options])
        return file

    return run


def map_of(dsn):
    """Every unit by code: what a row holds, and its rings as lattice integers."""
    with psycopg.connect(dsn) as conn:
        units = store.all_units(conn, 1)
    return {code: (unit.attributes, integers(unit.shape)) for code, unit in units.items()}


def integers(shape):
    """Rings of a shape as lattice integers, whatever their order and start."""
    return [
        to_lattice(shapely.get_coordinates(ring)).tolist()
        for part in shapely.get_parts(shapely.normalize(shape))
        for ring in shapely.get_rings(part)
    ]


@pytest.mark.parametrize("crs", SYSTEMS)
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".shp.zip", ".fgb", ".parquet", ".geojson"])
def test_an_exported_map_loads_to_the_same_integers(export, source, load, tmp_path, suffix, crs):
    file = export(tmp_path / f"city{suffix}", "--all-levels", "--crs", crs)
    said = ["--crs", crs] if crs in ("gcj02", "bd09") else []
    assert load(file, *said) == 0, load.err + load.out
    assert map_of(load.dsn) == map_of(source.owner)
    assert "parts" not in load.out
    assert load.one("SELECT min(source_crs) || max(source_crs) FROM unit_shape") == crs * 2


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_the_column_datum_of_an_export_tells_its_system(export, source, load, tmp_path, crs):
    file = export(tmp_path / "city.geojson", "--all-levels", "--crs", crs)
    assert load(file) == 0, load.err + load.out
    assert map_of(load.dsn) == map_of(source.owner)


def test_leaves_alone_come_back_with_parents_drawn_from_them(export, source, load, tmp_path):
    assert load(export(tmp_path / "leaves.fgb", "--crs", "EPSG:4547")) == 0, load.err + load.out
    before, after = map_of(source.owner), map_of(load.dsn)
    leaves = {code for code, (attributes, _) in before.items() if attributes[4]}
    assert {code for code, (attributes, _) in after.items() if attributes[4]} == leaves
    assert all(after[code][1] == before[code][1] for code in leaves)
    with psycopg.connect(load.dsn) as conn:
        systems = conn.execute("SELECT DISTINCT source_crs FROM unit_shape").fetchall()
    assert systems == [("EPSG:4547",)]


def test_the_demo_city_is_drawn_in_the_system_of_its_outlines(city_conn):
    systems = city_conn.execute("SELECT DISTINCT source_crs FROM unit_shape").fetchall()
    assert systems == [("EPSG:4490",)]
