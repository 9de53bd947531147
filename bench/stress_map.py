"""The stress city as version 1 of a database of its own, with devices and events here and there.

The leaves are those of `stress_city.py`, the units above them their unions. Each leaf near one of
the corners that are going to be moved has as many devices, and events of a year, as the whole city
has on the average. Elsewhere there are none: an edit asks only for what stands near it.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray
from psycopg import Connection
from shapely.geometry.base import BaseGeometry

from bench.stress_city import DATA, Leaves, stress_city
from gridgeo.cli.city_files import read_profile
from gridgeo.db import migrate
from gridgeo.db.cluster import Cluster
from gridgeo.db.connect import new_passwords, prepare_database
from gridgeo.db.dsn import Dsns
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.union import union_on_lattice
from gridgeo.units.model import Profile, Unit
from gridgeo.units.publish import Record, publish
from gridgeo.units.store import put_profile, unit_ids

LENGTHS = (6, 9, 12, 15, 18)
DEVICES, EVENTS, OPEN = 4, 35, 2
"""Of one leaf: 377,000 devices, 4.1 million events over 118,000 leaves; two of these are open."""

EVENT = (
    "event (event_id, received_at, channel, external_id, category_scheme, category, occurred_at, "
    "state, geom, unit_id, map_version, content_hash, synthetic)"
)
ANSWER = (
    "event_assignment (event_id, seq, decided_at, cause, map_version, rule_set, unit_id, chain, "
    "exclusive_ids, border_m, party_id, rule_id, reason)"
)

NEAR = 0.004  # degrees around a corner within which leaves are furnished
CITY = "410100"

Corner = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class StressMap:
    """The roles' connection strings, and corners with the places to which they may be moved."""

    dsns: Dsns
    corners: Sequence[Corner]


@contextmanager
def stress_map(folder: Path, corners: int) -> Iterator[StressMap]:
    """Bring up the database in a folder; it is gone afterwards."""
    leaves, profile = stress_city(), read_profile(DATA)
    cluster = Cluster(folder / "postgres", durable=False)
    try:
        dsns = prepare_database(cluster.start(), "stress", new_passwords())
        migrate.upgrade(dsns.owner)
        chosen = list(_corners(leaves, corners))
        with psycopg.connect(dsns.owner) as conn:
            put_profile(conn, profile)
            publish(conn, Delta({}, units_of(leaves, profile)), (), Record("bench", 0))
            _furnish(conn, leaves, [corner[0] for corner in chosen])
        with psycopg.connect(dsns.owner, autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")
        yield StressMap(dsns, chosen)
    finally:
        cluster.purge()


def units_of(leaves: Leaves, profile: Profile) -> dict[str, Unit]:
    """Return leaves and all units above them."""
    shapes: dict[str, Any] = dict(zip(leaves.codes, leaves.shapes, strict=True))
    children: dict[str, list[str]] = defaultdict(list)
    for length in reversed(LENGTHS):
        for code in [code for code in shapes if len(code) == length]:
            children[CITY if length == 6 else code[:-3]].append(code)
        for parent in [code for code in children if code not in shapes]:
            shapes[parent] = union_on_lattice([shapes[code] for code in children[parent]])
    names = dict(zip((0, *LENGTHS), profile.level_names, strict=True))
    return {
        code: Unit(
            code=code,
            level=names[0 if code == CITY else len(code)],
            name=code,
            parent_code=None if code == CITY else CITY if len(code) == 6 else code[:-3],
            shape=shape,
            is_leaf=code not in children,
            households=60,
            synthetic=True,
        )
        for code, shape in shapes.items()
    }


def _corners(leaves: Leaves, number: int) -> Iterator[Corner]:
    """Yield corners of two leaves, all over the city, and a place a little into one of them."""
    xy, owner = shapely.get_coordinates(leaves.shapes, return_index=True)
    pairs = np.unique(np.column_stack((xy, owner)), axis=0)
    places, counts = np.unique(pairs[:, :2], axis=0, return_counts=True)
    shared = {tuple(place) for place in places[counts == 2].tolist()}
    rows = np.random.default_rng(1).permutation(len(leaves.shapes))
    for row in rows.tolist():
        shape = leaves.shapes[row]
        into = shape.representative_point()
        for at in shape.exterior.coords[:-1]:
            to = (at[0] + (into.x - at[0]) / 8, at[1] + (into.y - at[1]) / 8)
            if at in shared and shape.contains(shapely.LineString([to, into])):
                yield at, to
                number -= 1
                break
        if not number:
            return


def _furnish(conn: Connection[Any], leaves: Leaves, corners: Sequence[tuple[float, float]]) -> None:
    rng = np.random.default_rng(2)
    tree = shapely.STRtree(leaves.shapes)
    boxes = [shapely.box(x - NEAR, y - NEAR, x + NEAR, y + NEAR) for x, y in corners]
    rows = np.unique(tree.query(boxes)[1]).tolist()
    ids = unit_ids(conn, [leaves.codes[row] for row in rows])
    homes = {ids[leaves.codes[row]]: leaves.shapes[row] for row in rows}
    _devices(conn, homes, rng)
    _events(conn, homes, rng)


def _points(shape: BaseGeometry, number: int, rng: np.random.Generator) -> NDArray[np.float64]:
    west, south, east, north = shape.bounds
    xy = rng.uniform((west, south), (east, north), (40 * number, 2))
    return np.asarray(xy[shapely.contains_xy(shape, xy)][:number], dtype=np.float64)


def _ewkb(xy: NDArray[np.float64]) -> list[str]:
    points = shapely.set_srid(shapely.points(xy), 4326)
    return [str(text) for text in shapely.to_wkb(points, hex=True, include_srid=True)]


def _devices(conn: Connection[Any], homes: Mapping[int, Any], rng: np.random.Generator) -> None:
    columns = "code, kind, family, geom, unit_id, map_version, synthetic"
    with conn.cursor() as cursor, cursor.copy(f"COPY device ({columns}) FROM STDIN") as copy:
        for home, shape in homes.items():
            for number, point in enumerate(_ewkb(_points(shape, DEVICES, rng))):
                copy.write_row((f"{home}-{number}", "bench", "iot", point, home, 1, True))


def _events(conn: Connection[Any], homes: Mapping[int, Any], rng: np.random.Generator) -> None:
    """Write events of today, and an answer of the one party there is for those that are open."""
    party, rule_set, rule = _party(conn)
    now, number = datetime.datetime.now(datetime.UTC), Counter[str]()
    events, keys, answers = [], [], []
    for home, shape in homes.items():
        for row, point in enumerate(_ewkb(_points(shape, EVENTS, rng))):
            number["events"] += 1
            event_id, state = number["events"], "handling" if row < OPEN else "closed"
            keys.append(("bench", str(event_id), event_id, now))
            events.append((event_id, now, "bench", str(event_id), "bench", "01", now, state, point,
                           home, 1, "bench", True))  # fmt: skip
            if state != "closed":
                answers.append((event_id, 1, now, "intake", 1, rule_set, home, "{}", "{}", 1.0,
                                party, rule, "territorial_fallback"))  # fmt: skip
    _copy(conn, "event_key (channel, external_id, event_id, received_at)", keys)
    _copy(conn, EVENT, events)
    _copy(conn, ANSWER, answers)


def _copy(conn: Connection[Any], table: str, rows: Sequence[Sequence[object]]) -> None:
    with conn.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


SCOPE = """
    WITH p AS (INSERT INTO party (code, name, kind) VALUES ('bench', 'bench', 'office')
               RETURNING party_id),
         s AS (INSERT INTO rule_set (rule_set, valid_from, actor) VALUES (1, now(), 'bench')),
         c AS (INSERT INTO event_category (scheme, code, name_zh, name_en)
               VALUES ('bench', '01', 'bench', 'bench')),
         i AS (INSERT INTO channel (channel, name_zh, name_en, kind)
               VALUES ('bench', 'bench', 'bench', 'bench'))
    INSERT INTO responsibility_rule (rule_sets, scope_unit_id, role, party_id)
    SELECT '[1,)', unit_id, 'lead', party_id FROM p, unit WHERE parent_id IS NULL
    RETURNING party_id, 1, rule_id
"""


def _party(conn: Connection[Any]) -> tuple[int, int, int]:
    """Let one party answer for the whole city; returns its id, the rule set and the rule."""
    row = conn.execute(SCOPE).fetchone()
    assert row is not None
    return row[0], row[1], row[2]
