"""A city for tiles in a database, written past all checks: the stress city, or wiggly blocks.

What is measured is how tiles are made of a map that is there; publishing 137,000 units takes
minutes and says nothing about that. `bench_tile` is what the peers are given: the leaves in
EPSG:3857 with the attributes of a tile.
"""

import os
from collections.abc import Mapping
from typing import Any

import psycopg
import shapely

from bench.lattice_city import BLOCKS, lattice_city
from bench.stress_city import DATA, stress_city
from bench.stress_map import units_of
from gridgeo.cli.city_files import read_profile
from gridgeo.units.model import Profile, Unit
from gridgeo.units.store import put_profile

VERSION = """
INSERT INTO map_version (version, valid_from, actor, synthetic) VALUES (1, now(), 'bench', true)
"""

UNIT = "unit (unit_id, versions, code, level, name, parent_id, is_leaf, households, synthetic)"

PREPARE = (
    "CREATE TABLE bench_tile AS SELECT u.unit_id AS id, u.code, u.level, u.name,"
    " p.code AS parent_code, u.is_leaf AS leaf, u.households, u.synthetic,"
    " ST_Transform(s.geom, 3857)::geometry(MultiPolygon, 3857) AS geom"
    " FROM unit u JOIN unit_shape s USING (unit_id) JOIN unit p ON p.unit_id = u.parent_id"
    " WHERE u.is_leaf",
    "ALTER TABLE bench_tile ADD PRIMARY KEY (id)",
    "CREATE INDEX ON bench_tile USING gist (geom)",
    "VACUUM ANALYZE bench_tile",
    "GRANT SELECT ON bench_tile TO PUBLIC",
)


def store_city(owner_dsn: str) -> list[Unit]:
    """Write the city as version 1 and `bench_tile` beside it; return its leaves.

    `BENCH_ROWS` and `BENCH_COLUMNS` ask for a city of blocks of that size instead of the stress
    city.
    """
    profile = read_profile(DATA)
    units = list(_units(profile).values())
    with psycopg.connect(owner_dsn) as conn:
        put_profile(conn, profile)
        conn.execute(VERSION)
        _store(conn, units)
        conn.commit()
        conn.autocommit = True
        for statement in ("VACUUM ANALYZE unit", "VACUUM ANALYZE unit_shape", *PREPARE):
            conn.execute(statement)
    return [unit for unit in units if unit.is_leaf]


def _units(profile: Profile) -> Mapping[str, Unit]:
    if "BENCH_ROWS" not in os.environ:
        return units_of(stress_city(), profile)
    rows = int(os.environ["BENCH_ROWS"])
    return _blocks(profile, rows, int(os.environ.get("BENCH_COLUMNS", rows)))


def _blocks(profile: Profile, rows: int, columns: int) -> dict[str, Unit]:
    """Return the units of a city of wiggly blocks."""
    assert len(profile.levels) == len(BLOCKS)
    made = lattice_city(rows=rows, columns=columns)
    parents = [None if row < 0 else made.codes[row] for row in made.parents.tolist()]
    return {
        code: Unit(
            code=code,
            level=profile.level_names[int(code[0])],
            name=f"网格{code[2:]}",
            parent_code=parents[row],
            shape=made.shapes[row],
            is_leaf=bool(made.is_leaf[row]),
            households=row % 400,
            synthetic=True,
        )
        for row, code in enumerate(made.codes)
    }


def _store(conn: psycopg.Connection[Any], units: list[Unit]) -> None:
    ids = {unit.code: row + 1 for row, unit in enumerate(units)}
    _copy(conn, "unit_code (code, unit_id, first_version)", [
        (code, row, 1) for code, row in ids.items()
    ])  # fmt: skip
    _copy(conn, UNIT, [
        (ids[u.code], "[1,)", u.code, u.level, u.name, u.parent_code and ids[u.parent_code],
         u.is_leaf, u.households, u.synthetic)
        for u in units
    ])  # fmt: skip
    shapes = [unit.shape for unit in units]
    many = [s if isinstance(s, shapely.MultiPolygon) else shapely.MultiPolygon([s]) for s in shapes]
    wkb = shapely.to_wkb(shapely.set_srid(many, 4326), hex=True, include_srid=True)
    _copy(conn, "unit_shape (unit_id, versions, geom, area_m2, is_leaf)", [
        (ids[u.code], "[1,)", ewkb, 1.0, u.is_leaf)
        for u, ewkb in zip(units, wkb.tolist(), strict=True)
    ])  # fmt: skip


def _copy(conn: psycopg.Connection[Any], target: str, rows: list[tuple[Any, ...]]) -> None:
    with conn.cursor().copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
