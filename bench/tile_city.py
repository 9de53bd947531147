"""A city for tiles in a database: wiggly blocks of six levels, written past all checks.

What is measured is how tiles are made of a map that is there; publishing 128,343 units takes
minutes and says nothing about that.
"""

from typing import Any

import psycopg
import shapely

from bench.lattice_city import BLOCKS, LatticeCity, lattice_city
from gridgeo.cli.city_files import read_profile
from gridgeo.settings import ROOT
from gridgeo.units.store import put_profile

VERSION = """
INSERT INTO map_version (version, valid_from, actor, synthetic) VALUES (1, now(), 'bench', true)
"""

UNIT = "unit (unit_id, versions, code, level, name, parent_id, is_leaf, households, synthetic)"


def store_lattice_city(owner_dsn: str, rows: int, columns: int) -> LatticeCity:
    """Make a city and write it as version 1."""
    made = lattice_city(rows=rows, columns=columns)
    profile = read_profile(ROOT / "data")
    with psycopg.connect(owner_dsn) as conn:
        put_profile(conn, profile)
        conn.execute(VERSION)
        names = profile.level_names
        levels = [names[int(code[0])] for code in made.codes]
        parents = [None if parent < 0 else parent + 1 for parent in made.parents.tolist()]
        leaves = made.is_leaf.tolist()
        assert len(names) == len(BLOCKS)
        _copy(conn, "unit_code (code, unit_id, first_version)", [
            (code, row + 1, 1) for row, code in enumerate(made.codes)
        ])  # fmt: skip
        _copy(conn, UNIT, [
            (row + 1, "[1,)", code, levels[row], f"网格{code[2:]}", parents[row], leaves[row],
             row % 400, True)
            for row, code in enumerate(made.codes)
        ])  # fmt: skip
        shapes = shapely.set_srid(shapely.multipolygons([[shape] for shape in made.shapes]), 4326)
        wkb = shapely.to_wkb(shapes, hex=True, include_srid=True).tolist()
        _copy(conn, "unit_shape (unit_id, versions, geom, area_m2, is_leaf)", [
            (row + 1, "[1,)", wkb[row], 1.0, leaves[row]) for row in range(len(wkb))
        ])  # fmt: skip
        conn.commit()
        conn.autocommit = True
        conn.execute("ANALYZE unit")
        conn.execute("ANALYZE unit_shape")
    return made


def _copy(conn: psycopg.Connection[Any], target: str, rows: list[tuple[Any, ...]]) -> None:
    with conn.cursor().copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
