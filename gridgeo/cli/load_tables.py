"""Writing tables of what stands in the city: places, buildings, devices, duty posts, contacts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from psycopg import Connection

from gridgeo.cli.load_publish import ACTOR
from gridgeo.devices import store as devices
from gridgeo.files.tables import (
    BUILDINGS,
    CONTACTS,
    DEVICES,
    DUTY_POSTS,
    PLACES,
    Row,
    Table,
)
from gridgeo.geometry.problem import Problem
from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import load_index
from gridgeo.parties import changing
from gridgeo.parties import store as parties
from gridgeo.places import store as places
from gridgeo.units.pinyin import search_key
from gridgeo.units.store import lock_map_shared, resolve_version


class Writer:
    """Writes checked tables on the live map, inside the caller's transaction."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.notes: list[str] = []

    def write(self, table: Table) -> list[Problem]:
        """Write the rows of a table; what the database's content speaks against is a problem."""
        writers: Mapping[str, Callable[[Table], list[Problem]]] = {
            PLACES.name: self._places,
            BUILDINGS.name: self._buildings,
            DEVICES.name: self._devices,
            DUTY_POSTS.name: self._duty_posts,
            CONTACTS.name: self._contacts,
        }
        return writers[table.kind.name](table)

    @cached_property
    def city(self) -> CityIndex:
        """The live map, which stays the live one until the transaction ends."""
        lock_map_shared(self.conn)
        return load_index(self.conn, resolve_version(self.conn))

    def _places(self, table: Table) -> list[Problem]:
        places.copy_places(
            self.conn,
            (
                (row.cells["name"], search_key(row.cells["name"]), row.cells.get("address", ""),
                 row.cells["kind"], point_ewkb(row), False)
                for row in table.rows
            ),
        )  # fmt: skip
        return []

    def _buildings(self, table: Table) -> list[Problem]:
        places.copy_buildings(
            self.conn,
            (
                (ewkb(row.footprint), point_ewkb(row), int(row.cells["households"]), False)
                for row in table.rows
                if row.footprint is not None
            ),
        )
        return []

    def _devices(self, table: Table) -> list[Problem]:
        taken = devices.codes_taken(self.conn, [row.cells["code"] for row in table.rows])
        problems = _taken(table, taken, "a device")
        if not problems:
            version = self.city.version.version
            devices.copy_devices(
                self.conn,
                (
                    (row.cells["code"], row.cells["kind"], row.cells["family"], point_ewkb(row),
                     home, version, False)
                    for row, home in zip(table.rows, self._homes(table), strict=True)
                ),
            )  # fmt: skip
        return problems

    def _duty_posts(self, table: Table) -> list[Problem]:
        taken = parties.duty_posts_taken(self.conn, [row.cells["code"] for row in table.rows])
        problems = _taken(table, taken, "a duty post")
        by_code = {ref.code: ref.unit_id for ref in self.city.units.values()}
        homes: list[int] = []
        for row, leaf in zip(table.rows, self._homes(table), strict=True):
            said = row.cells.get("unit_code", "")
            unit_id = by_code.get(said) if said else leaf
            if unit_id is None:
                why = f"no unit carries the code {said!r}" if said else "it lies outside the city"
                problems.append(table.problem(row, why))
            else:
                homes.append(unit_id)
        if not problems:
            parties.copy_duty_posts(
                self.conn,
                (
                    (row.cells["code"], row.cells["kind"], home, point_ewkb(row), False)
                    for row, home in zip(table.rows, homes, strict=True)
                ),
            )
        return problems

    def _contacts(self, table: Table) -> list[Problem]:
        contacts = {row.cells["party_code"]: row.cells["contact"] for row in table.rows}
        known = parties.parties_known(self.conn, list(contacts))
        changing.set_contacts(self.conn, contacts, ACTOR)
        return [
            table.problem(row, f"no party carries the code {row.cells['party_code']!r}")
            for row in table.rows
            if row.cells["party_code"] not in known
        ]

    def _homes(self, table: Table) -> list[int | None]:
        """Return the id of each row's leaf, None outside the city, which is noted."""
        lon, lat = (np.array([getattr(row, axis) for row in table.rows]) for axis in ("lon", "lat"))
        homes = self.city.index.locate(lon, lat).tolist()
        outside = sum(home < 0 for home in homes)
        if outside:
            self.notes.append(f"{outside} of {len(homes)} {table.kind.name} lie outside the city")
        return [None if home < 0 else home for home in homes]


def _taken(table: Table, taken: Iterable[str], what: str) -> list[Problem]:
    return [
        table.problem(row, f"{what} carries the code {row.cells['code']!r} already")
        for row in table.rows
        if row.cells["code"] in taken
    ]


def point_ewkb(row: Row) -> str:
    """Return the point of a row as hexadecimal EWKB of SRID 4326."""
    return ewkb(shapely.points(row.lon, row.lat))


def ewkb(geometry: shapely.Geometry) -> str:
    """Return a geometry as hexadecimal EWKB of SRID 4326."""
    return str(shapely.to_wkb(shapely.set_srid(geometry, 4326), hex=True, include_srid=True))


def count_rows(tables: Sequence[Table]) -> dict[str, int]:
    """Return the number of sound rows by kind of table."""
    return {table.kind.name: len(table.rows) for table in tables}
