"""`gridgeo check` on the tiny city: silent when it is whole, exact about every way it can break."""

import json

import psycopg
import pytest
import shapely
from typer.testing import CliRunner

from gridgeo.cli.check import app
from gridgeo.cli.local import Local
from gridgeo.errors import Unavailable
from gridgeo.units import store


@pytest.fixture
def run(city_db, tmp_path, monkeypatch):
    """Run the command on a copy of the tiny city."""
    Local(url=None, dsn=city_db, keys={}).write(tmp_path / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def found(run):
    """What the command finds, as JSON; it must exit by it."""

    def found(*arguments):
        done = run("--json", *arguments)
        document = json.loads(done.stdout)
        assert done.exit_code == (1 if document["details"] else 0)
        return document

    return found


@pytest.fixture
def tamper(city_db):
    """Do what no role may do while the triggers stand."""

    def tamper(*statements):
        with psycopg.connect(city_db.owner) as conn:
            for table in ("map_version", "unit", "unit_shape", "unit_lineage"):
                conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement in statements:
                conn.execute(statement)

    return tamper


@pytest.fixture
def leaf(city_conn):
    """Some leaf of the tiny city."""
    units = store.all_units(city_conn, 1)
    return next(unit for unit in units.values() if unit.is_leaf)


@pytest.fixture
def leaf_id(city_conn, leaf):
    return store.unit_ids(city_conn, [leaf.code])[leaf.code]


def of_kind(document, kind):
    return [row for row in document["details"] if row["kind"] == kind]


def test_whole_city_has_no_problem(found, run):
    document = found()
    assert document["version"] == 1
    assert document["units"]["micro_grid"] > 0
    assert (document["problems"], document["details"]) == ({}, [])
    shown = run()
    assert (shown.exit_code, "no gap, no overlap" in shown.stdout) == (0, True)


def test_broken_shape_is_told_with_place_and_codes_and_written_as_geojson(
    run, found, tamper, leaf, leaf_id, tmp_path
):
    ring = shapely.get_coordinates(leaf.shape).tolist()
    cut = shapely.MultiPolygon([shapely.Polygon(ring[:3] + ring[4:])])
    tamper(
        f"UPDATE unit_shape SET geom = ST_GeomFromText('{cut.wkt}', 4326) WHERE unit_id = {leaf_id}"
    )
    file = tmp_path / "problems.geojson"
    document = found("--geojson", str(file))
    assert {"gap", "overlap"} & set(document["problems"])
    assert any("m2 are stored" in row["message"] for row in of_kind(document, "invalid"))
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    assert len(features) == len(document["details"])
    first, row = features[0], document["details"][0]
    assert first["geometry"]["coordinates"] == [row["lon"], row["lat"]]
    assert first["properties"]["codes"] == row["codes"]
    shown = run().stdout
    assert "problem(s)" in shown


def test_area_that_is_not_that_of_the_shape_is_told(found, tamper, leaf, leaf_id):
    tamper(f"UPDATE unit_shape SET area_m2 = area_m2 + 0.02 WHERE unit_id = {leaf_id}")
    [row] = found()["details"]
    assert (row["kind"], row["codes"]) == ("invalid", [leaf.code])
    assert shapely.Point(row["lon"], row["lat"]).within(leaf.shape)


def test_devices_and_events_filed_under_another_leaf_are_told_together(
    city_db, found, tamper, leaf, leaf_id
):
    with psycopg.connect(city_db.reader) as conn:
        others = conn.execute(
            "SELECT device_id, unit_id FROM device WHERE unit_id <> %s ORDER BY 2, 1", [leaf_id]
        ).fetchall()
        family = [device for device, home in others if home == others[0][1]]
        scheme, category = conn.execute("SELECT scheme, code FROM event_category").fetchone()
        channel = conn.execute("SELECT channel FROM channel").fetchone()[0]
    place = leaf.shape.representative_point()
    tamper(
        f"UPDATE device SET unit_id = {leaf_id} WHERE device_id = ANY(ARRAY{family})",
        f"""INSERT INTO event (event_id, received_at, channel, external_id, category_scheme,
                               category, occurred_at, geom, map_version, content_hash)
            VALUES (1, now(), '{channel}', 'x', '{scheme}', '{category}', now(),
                    ST_SetSRID(ST_MakePoint({place.x}, {place.y}), 4326), 1, '')""",
    )
    rows = found()["details"]
    assert {row["kind"] for row in rows} == {"invalid"}
    [device] = [row for row in rows if "device" in row["message"]]
    [event] = [row for row in rows if "event" in row["message"]]
    assert device["message"].startswith(f"{len(family)} device(s)")
    assert leaf.code in device["codes"] and len(device["codes"]) == 2
    assert (event["codes"], "under nobody" in event["message"]) == ([leaf.code], True)
    assert (event["lon"], event["lat"]) == (place.x, place.y)


SECOND_VERSION = """INSERT INTO map_version (version, parent_version, valid_from, actor)
                    VALUES (2, 1, now() {shift}, 'test')"""


def test_land_that_did_not_wholly_go_on_is_told_in_its_leaf(found, tamper, leaf, leaf_id):
    tamper(
        SECOND_VERSION.format(shift=""),
        f"INSERT INTO unit_lineage VALUES (2, {leaf_id}, {leaf_id}, 'reshape', 0.75, 0.75)",
    )
    [row] = found()["details"]
    assert (row["codes"], "0.75" in row["message"]) == ([leaf.code], True)
    assert shapely.Point(row["lon"], row["lat"]).within(leaf.shape)
    assert found("--at", "1")["details"] == []


def test_lineage_to_a_unit_that_is_not_there_is_told(found, tamper, leaf, leaf_id):
    tamper(
        SECOND_VERSION.format(shift=""),
        f"INSERT INTO unit_lineage VALUES (2, {leaf_id}, 999999, 'replace', 1.0, 1.0)",
    )
    [row] = found()["details"]
    assert (row["codes"], "leads to a unit" in row["message"]) == ([leaf.code], True)


def test_leaf_that_ended_without_lineage_is_told(found, tamper, leaf, leaf_id):
    tamper(
        SECOND_VERSION.format(shift=""),
        f"UPDATE unit SET versions = '[1,2)' WHERE unit_id = {leaf_id}",
        f"UPDATE unit_shape SET versions = '[1,2)' WHERE unit_id = {leaf_id}",
    )
    document = found()
    assert of_kind(document, "gap")
    assert any("0.000000 of the land" in row["message"] for row in document["details"])
    assert found("--at", "1")["details"] == []


def test_version_that_is_not_later_than_the_one_before_is_told(found, tamper):
    tamper(SECOND_VERSION.format(shift="- interval '9 years'"))
    [row] = found()["details"]
    assert "version 2 does not follow" in row["message"]


def test_range_that_ends_at_no_version_and_shape_that_ends_with_it_are_told(
    found, tamper, leaf, leaf_id
):
    tamper(f"UPDATE unit SET versions = '[1,77)' WHERE unit_id = {leaf_id}")
    rows = found()["details"]
    assert {tuple(row["codes"]) for row in rows} == {(leaf.code,)}
    messages = " ".join(row["message"] for row in rows)
    assert "[1,77)" in messages and "same versions" in messages


def test_check_waits_for_no_publication_and_sees_none_that_is_not_committed(city_db, found):
    with psycopg.connect(city_db.app) as rival:
        store.lock_map_exclusive(rival)
        rival.execute(SECOND_VERSION.format(shift=""))
        assert (found()["version"], found()["details"]) == (1, [])


def test_check_without_a_map_says_what_to_do(db, tmp_path, monkeypatch):
    Local(url=None, dsn=db, keys={}).write(tmp_path / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path))
    done = CliRunner().invoke(app, [])
    assert done.exit_code == 1
    assert isinstance(done.exception, Unavailable)
    assert "gridgeo up" in done.exception.detail
