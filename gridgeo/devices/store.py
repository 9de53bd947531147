"""Devices: writing, listing, and following the map."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row

from gridgeo.db.sql import statement
from gridgeo.errors import Conflict
from gridgeo.geometry.crs import Planar
from gridgeo.locate.store import load_index
from gridgeo.units.model import Publication
from gridgeo.units.relations import Around, city_box, nearest, refuse_nonsense
from gridgeo.units.store import read_profile

DEVICES_IN_BOX = statement(__package__, "devices_in_box")
MOVE_DEVICES = statement(__package__, "move_devices")
INSERT_DEVICE = statement(__package__, "insert_device")
LIST_DEVICES = statement(__package__, "list_devices")
DEVICES_NEAR = statement(__package__, "devices_near")
CODES_TAKEN = statement(__package__, "codes_taken")


def follow(conn: Connection[Any], publication: Publication) -> None:
    """Give every device inside the touched box its leaf of the new version; follows `publish`."""
    if publication.box is None:
        return
    west, south, east, north = publication.box
    rows = conn.execute(
        DEVICES_IN_BOX, {"west": west, "south": south, "east": east, "north": north}
    ).fetchall()
    if not rows:
        return
    index = load_index(conn, publication.version, publication.box).index
    homes = index.locate(np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))
    moved = [
        (row[0], None if home < 0 else int(home))
        for row, home in zip(rows, homes, strict=True)
        if row[3] != (None if home < 0 else home)
    ]
    conn.execute(
        MOVE_DEVICES,
        {
            "version": publication.version.version,
            "device_ids": [device_id for device_id, _ in moved],
            "unit_ids": [unit_id for _, unit_id in moved],
        },
    )


def copy_devices(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write devices: code, kind, family, EWKB point, unit_id, map_version, synthetic."""
    columns = "code, kind, family, geom, unit_id, map_version, synthetic"
    with conn.cursor() as cursor, cursor.copy(f"COPY device ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def codes_taken(conn: Connection[Any], codes: Sequence[str]) -> set[str]:
    """Return those codes that a device carries already."""
    return {row[0] for row in conn.execute(CODES_TAKEN, {"codes": list(codes)})}


def insert_device(conn: Connection[Any], row: dict[str, Any]) -> int:
    """Write one device and return its id; raises `Conflict` when its code is taken."""
    found = conn.execute(INSERT_DEVICE, row).fetchone()
    if found is None:
        raise Conflict(
            f"There is a device with the code {row['code']!r} already.",
            key="code",
            value=row["code"],
        )
    return int(found[0])


def list_devices(
    conn: Connection[Any], version: int, unit: str | None, after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return devices of a unit and all below it, in code order."""
    query = {"version": version, "unit": unit, "after": after, "limit": limit}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_DEVICES, query).fetchall()


def nearest_devices(
    conn: Connection[Any], version: int, around: Around, kind: str | None
) -> list[dict[str, Any]]:
    """Return the nearest devices by metres and then by code, with `distance_m`.

    Raises
    ------
    SwappedAxes, BadInput
        The point has exchanged axes, or is none.
    TooLarge
        As `relations.nearest`.
    """
    refuse_nonsense(city_box(conn, version), around.lon, around.lat)
    planar = Planar(read_profile(conn).planar_srid)
    return nearest(conn, around, planar, DEVICES_NEAR, {"version": version, "kind": kind})
