"""`locate` and `locate_many` in SQL: exact on every border, at any version, after any restore."""

import math
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import numpy as np
import psycopg
import pytest
import shapely
from databases import cloned, roles_of
from hypothesis import given
from hypothesis import strategies as st
from maps import PICTURES, draw
from psycopg import sql
from twins import ExactTwin, vertices_and_midpoints

from gridgeo.db.binaries import find_binaries
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.geometry.rational import orientation_rational, relate_rational
from gridgeo.locate.store import load_index
from gridgeo.units import store
from gridgeo.units.publish import Record, publish
from gridgeo.units.store import resolve_version

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
DEGREES = st.floats(-360, 360)

MANY = "SELECT code FROM locate_many(%s, %s) ORDER BY n"
WITHOUT_ARRAYS = """
SELECT p.n, min(u.code COLLATE "C")
FROM unit_shape s
JOIN unit u ON u.unit_id = s.unit_id AND upper_inf(u.versions)
CROSS JOIN LATERAL (
    SELECT n FROM my_point WHERE geom && s.geom AND covers_exactly(s.geom, ST_X(geom), ST_Y(geom))
) p
WHERE s.is_leaf AND upper_inf(s.versions)
GROUP BY p.n
"""


def by_sql(conn, points) -> list[str | None]:
    lon, lat = map(list, zip(*points, strict=True))
    return [row[0] for row in conn.execute(MANY, (lon, lat))]


def by_index(conn, points) -> list[str | None]:
    city = load_index(conn, resolve_version(conn))
    lon, lat = np.array(points).T
    return [city.units[i].code if i >= 0 else None for i in city.index.locate(lon, lat).tolist()]


def one_ulp_beside(points) -> list[tuple[float, float]]:
    """The eight neighbours of each point on the grid of doubles."""
    sides = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    return [(_ulp(x, dx), _ulp(y, dy)) for x, y in points for dx, dy in sides]


def _ulp(value: float, side: int) -> float:
    return float(np.nextafter(value, side * math.inf)) if side else value


@pytest.fixture
def leaves(tiny_template):
    return {leaf.code: leaf.shape for leaf in tiny_template.made.leaves}


@pytest.fixture
def moved_border(city_conn):
    """Version 2, in which an inner corner has moved: its leaves by code."""
    units = store.all_units(city_conn, 1)
    root = store.root_unit(city_conn, 1)
    shapes = {code: unit.shape for code, unit in units.items()}
    inside = root.shape.buffer(-0.001)
    corners = sorted({tuple(p) for s in shapes.values() for p in shapely.get_coordinates(s)})
    at = next(p for p in corners if inside.contains(shapely.Point(p)))
    moved = MoveVertex(at, (at[0] + 2e-5, at[1] + 1e-5)).apply(shapes, root.shape)
    new = {code: replace(units[code], shape=shape) for code, shape in moved.new.items()}
    change = Delta({code: units[code] for code in moved.old}, new)
    publish(city_conn, change, (), Record("test", 1, note="test"))
    latest = {**shapes, **moved.new}
    return {code: latest[code] for code, unit in units.items() if unit.is_leaf}


@pytest.fixture(scope="module")
def bare(cluster, template_db):
    """A connection of the reading role to an empty, migrated database, for a file of tests."""
    with cloned(cluster, template_db) as dsns, psycopg.connect(dsns.reader) as conn:
        yield conn


# --- the exact test ----------------------------------------------------------------------------


@given(DOUBLES)
def test_a_double_becomes_the_whole_number_that_it_is(bare, value):
    row = bare.execute("SELECT whole_number(%s)", (value,)).fetchone()
    assert Fraction(row[0]) == Fraction(value) * 2**1074


@given(st.tuples(*[DEGREES] * 6))
def test_the_side_of_a_line_is_the_rational_one(bare, values):
    row = bare.execute("SELECT side_of_line(%s, %s, %s, %s, %s, %s)", values).fetchone()
    assert row[0] == orientation_rational(*values)


@given(
    st.tuples(*[st.integers(1127100000, 1127100400)] * 4),
    st.fractions(0, 1, max_denominator=64), st.integers(-1, 1), st.integers(-1, 1),
)  # fmt: skip
def test_the_side_of_a_line_an_ulp_beside_it_is_the_rational_one(bare, ends, share, east, north):
    ax, ay, bx, by = (n / 1e7 for n in ends)
    px = _ulp(float(ax + share * (bx - ax)), east)
    py = _ulp(float(ay + share * (by - ay)), north)
    values = ax, ay, bx, by, px, py
    row = bare.execute("SELECT side_of_line(%s, %s, %s, %s, %s, %s)", values).fetchone()
    assert row[0] == orientation_rational(*values)


@pytest.mark.parametrize("tiny", [5e-324, 1e-200, 1e-160])
def test_the_side_of_a_line_survives_underflow(bare, tiny):
    for values, side in (((0, 0, tiny, tiny, tiny, 2 * tiny), 1),
                         ((0, 0, tiny, 2 * tiny, 2 * tiny, 4 * tiny), 0)):  # fmt: skip
        row = bare.execute("SELECT side_of_line(%s, %s, %s, %s, %s, %s)", values).fetchone()
        assert row[0] == side


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("origin", [(113.0, 34.5), (-0.02, -0.03)])
def test_holes_islands_and_rings_that_touch_are_covered_as_rational_numbers_say(bare, name, origin):
    town = draw(PICTURES[name], wobble=3, origin=origin)
    points = vertices_and_midpoints(town.units)
    points = points + one_ulp_beside(points)[::3]
    for shape in town.shapes:
        query = (
            "SELECT covers_exactly(ST_GeomFromWKB(%s, 4326), x, y), "
            "covers_by_edges(ST_GeomFromWKB(%s, 4326), x, y) "
            "FROM unnest(%s::float8[], %s::float8[]) WITH ORDINALITY AS p (x, y, n) ORDER BY n"
        )
        lon, lat = map(list, zip(*points, strict=True))
        wkb = shapely.to_wkb(shape)
        found = bare.execute(query, (wkb, wkb, lon, lat)).fetchall()
        expected = [relate_rational(shape, x, y) >= 0 for x, y in points]
        assert [row[0] for row in found] == expected
        assert [row[1] for row in found] == expected


# --- the city ----------------------------------------------------------------------------------


def test_every_vertex_and_midpoint_of_the_tiny_city_has_the_owner_of_index_and_twin(
    city_conn, leaves
):
    points = vertices_and_midpoints(leaves)
    expected = ExactTwin(leaves).owners(points)
    assert by_sql(city_conn, points) == expected
    assert by_index(city_conn, points) == expected


def test_points_one_ulp_beside_a_vertex_or_midpoint_have_the_owner_of_index_and_twin(
    city_conn, leaves
):
    points = one_ulp_beside(vertices_and_midpoints(leaves)[::5])
    expected = ExactTwin(leaves).owners(points)
    assert by_sql(city_conn, points) == expected
    assert by_index(city_conn, points) == expected


def test_a_table_of_points_with_an_index_joins_to_the_same_owners(city_db, leaves):
    points = vertices_and_midpoints(leaves)
    with psycopg.connect(city_db.reader) as conn:
        conn.execute("CREATE TEMP TABLE my_point (n int, geom geometry(Point, 4326))")
        with conn.cursor().copy("COPY my_point FROM STDIN") as copy:
            for n, (lon, lat) in enumerate(points):
                copy.write_row((n, f"SRID=4326;POINT({lon!r} {lat!r})"))
        conn.execute("CREATE INDEX ON my_point USING gist (geom)")
        found = dict(conn.execute(WITHOUT_ARRAYS).fetchall())
    assert [found.get(n) for n in range(len(points))] == ExactTwin(leaves).owners(points)


@given(st.floats(113.59, 113.62), st.floats(34.69, 34.72))
def test_one_point_is_answered_as_in_a_set(shared_city, lon, lat):
    one = shared_city.execute("SELECT * FROM locate(%s, %s)", (lon, lat)).fetchall()
    many = shared_city.execute("SELECT * FROM locate_many(%s, %s)", ([lon], [lat])).fetchall()
    assert [(1, *row) for row in one] == many


@pytest.fixture(scope="module")
def shared_city(cluster, tiny_template):
    with cloned(cluster, tiny_template.template) as dsns, psycopg.connect(dsns.reader) as conn:
        yield conn


def test_the_answer_names_unit_level_name_and_version(shared_city, tiny_template):
    leaf = tiny_template.made.leaves[0]
    at = leaf.shape.representative_point()
    row = shared_city.execute(
        "SELECT code, level, name, reason, version FROM locate(%s, %s)", (at.x, at.y)
    ).fetchone()
    assert row == (leaf.code, leaf.level, leaf.name, None, 1)


def test_outside_the_city_and_no_coordinate_have_their_reasons(shared_city):
    lon = [10.0, 113.605, math.nan, math.inf, None, 113.605]
    lat = [10.0, math.nan, 34.705, 34.705, 34.705, 91.0]
    rows = shared_city.execute("SELECT code, reason FROM locate_many(%s, %s)", (lon, lat))
    assert rows.fetchall() == [(None, "outside_city")] + [(None, "not_a_coordinate")] * 5


def test_no_points_have_no_answers(shared_city):
    empty = "SELECT * FROM locate_many('{}', '{}')"
    assert shared_city.execute(empty).fetchall() == []


def test_lists_of_different_length_and_unknown_versions_are_refused(city_conn):
    for query, said in (
        ("SELECT locate_many('{1,2}', '{1}')", "lon has 2 values, lat has 1"),
        ("SELECT locate(1, 1, 99)", "there is no map version 99"),
    ):
        with pytest.raises(psycopg.Error, match=said), city_conn.transaction():
            city_conn.execute(query)


def test_before_the_first_map_nothing_is_answered(bare):
    with pytest.raises(psycopg.errors.NoDataFound, match="no map version yet"):
        bare.execute("SELECT locate(1, 1)")
    bare.rollback()


def test_a_past_version_keeps_its_owners(city_conn, leaves, moved_border):
    changed = [code for code, shape in leaves.items() if shape != moved_border[code]]
    points = [
        point
        for version in (leaves, moved_border)
        for point in vertices_and_midpoints({code: version[code] for code in changed})
    ]
    lon, lat = map(list, zip(*points, strict=True))
    past = city_conn.execute("SELECT code FROM locate_many(%s, %s, 1)", (lon, lat)).fetchall()
    assert [row[0] for row in past] == ExactTwin(leaves).owners(points)
    assert by_sql(city_conn, points) == ExactTwin(moved_border).owners(points)
    assert [row[0] for row in past] != by_sql(city_conn, points)
    instants = city_conn.execute("SELECT version_at(valid_from) FROM map_version ORDER BY 1")
    assert instants.fetchall() == [(1,), (2,)]
    assert city_conn.execute("SELECT version_at('1999-01-01')").fetchone() == (None,)


@pytest.mark.parametrize("role", ["app", "reader"])
def test_application_and_reader_may_ask(city_db, role):
    with psycopg.connect(getattr(city_db, role)) as conn:
        assert conn.execute("SELECT reason FROM locate(0, 0)").fetchone() == ("outside_city",)


def test_the_functions_may_run_in_parallel_and_change_nothing(shared_city):
    rows = shared_city.execute(
        "SELECT proname, provolatile, proparallel FROM pg_proc JOIN pg_namespace n"
        " ON n.oid = pronamespace WHERE nspname = 'public' AND prolang <> 12"
        " AND proname IN ('locate', 'locate_many', 'covers_exactly', 'covers_by_edges',"
        " 'side_of_line', 'whole_number', 'version_at', 'required_version')"
    ).fetchall()
    assert len(rows) == 8
    assert {row[2] for row in rows} == {"s"}
    assert {row[1] for row in rows} == {"i", "s"}


# --- dump and restore --------------------------------------------------------------------------


@contextmanager
def restored(cluster, dsns, dump, form) -> Iterator[str]:
    """Dump a database, restore it beside itself, and lend the reading role's way to the copy."""
    programs = find_binaries()
    name = f"restored_{form}"
    copy = cluster.dsn.with_parameters(dbname=name)
    source = cluster.dsn.with_parameters(dbname=dsns.owner.parameters["dbname"])
    with psycopg.connect(cluster.dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        call = [programs["pg_dump"], f"--format={form}", f"--file={dump}", source[:]]
        subprocess.run(call, check=True, capture_output=True)
        program = {
            "custom": [programs["pg_restore"], "--exit-on-error", f"--dbname={copy[:]}", dump],
            "plain": [programs["psql"], "--set=ON_ERROR_STOP=1", f"--file={dump}", copy[:]],
        }[form]
        subprocess.run(program, check=True, capture_output=True)
        yield roles_of(copy).reader
    finally:
        with psycopg.connect(cluster.dsn, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.parametrize("form", ["custom", "plain"])
def test_after_dump_and_restore_every_vertex_has_its_owner(
    cluster, city_db, leaves, tmp_path, form
):
    points = vertices_and_midpoints(leaves)
    points += one_ulp_beside(points[::25])
    dump = tmp_path / "city.dump"
    with restored(cluster, city_db, dump, form) as reader, psycopg.connect(reader) as conn:
        expected = ExactTwin(leaves).owners(points)
        assert by_sql(conn, points) == expected
        assert by_index(conn, points) == expected


def test_after_vacuum_full_every_vertex_has_its_owner(city_db, leaves):
    points = vertices_and_midpoints(leaves)
    with psycopg.connect(city_db.owner, autocommit=True) as conn:
        conn.execute("VACUUM (FULL, ANALYZE) unit_shape")
        assert by_sql(conn, points) == ExactTwin(leaves).owners(points)
