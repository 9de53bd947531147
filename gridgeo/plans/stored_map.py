"""A version of the map, of which the edits of a plan read what they need."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.plans.model import Change
from gridgeo.units import store as units
from gridgeo.units.between import exclusive_between, units_between
from gridgeo.units.model import Box, ExclusiveGrid, Profile, Unit

CODES_GIVEN = statement(__package__, "codes_given")
EXCLUSIVE_CODES_GIVEN = statement(__package__, "exclusive_codes_given")


@dataclass(frozen=True)
class StoredMap:
    """A version, read as an edit needs it."""

    conn: Connection[Any]
    version: int

    @cached_property
    def profile(self) -> Profile:
        """The city's profile."""
        return units.read_profile(self.conn)

    @cached_property
    def root(self) -> Unit:
        """The city itself."""
        return units.root_unit(self.conn, self.version)

    def around(self, box: Box) -> Mapping[str, Unit]:
        """Return the units, of every level, whose box meets (west, south, east, north)."""
        return units.units_in_box(self.conn, self.version, box)

    def family(self, codes: Collection[str]) -> Mapping[str, Unit]:
        """Return the units of these codes, as far as there are any, and all their children."""
        return units.children_of(self.conn, self.version, codes)

    def codes_given(self, beginning: str) -> Collection[str]:
        """Return all codes that begin so and were given to a unit up to this version."""
        query = {"beginning": beginning, "version": self.version}
        return {row[0] for row in self.conn.execute(CODES_GIVEN, query)}

    def exclusive_grids(self, codes: Collection[str]) -> Mapping[str, ExclusiveGrid]:
        """Return the exclusive grids of these codes, as far as there are any."""
        return units.exclusive_by_codes(self.conn, self.version, codes)

    def exclusive_codes_given(self, beginning: str) -> Collection[str]:
        """Return all codes that begin so and were given to an exclusive grid up to here."""
        query = {"beginning": beginning, "version": self.version}
        return {row[0] for row in self.conn.execute(EXCLUSIVE_CODES_GIVEN, query)}

    def change_between(self, before: int, after: int) -> Change:
        """Return what the versions after one did, up to another."""
        return Change(
            units_between(self.conn, before, after), exclusive_between(self.conn, before, after)
        )
