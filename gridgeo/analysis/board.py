"""Figures of the live map for all tiles: counted now and then, alike in all workers.

They are those of the last full ten minutes. When these are over, or the map has another version,
the request that finds it out counts anew; others are answered by the figures before. Of the events,
4 million a year, those of the days before are counted once a day.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from gridgeo.analysis import store
from gridgeo.analysis.figures import (
    NO_FIGURES,
    Classes,
    Figures,
    figures_of_cells,
    figures_of_units,
)
from gridgeo.analysis.model import CellCounts
from gridgeo.analysis.refreshed import Refreshed
from gridgeo.db.cache import ImmutableCache
from gridgeo.units.store import read_profile, resolve_version

PERIOD = timedelta(minutes=10)
"""So long the figures stay as they are."""

WINDOW = timedelta(days=365)
"""Events count that came in today, by UTC, or in so long a time before."""

H3_RESOLUTIONS = 16


Clock = Callable[[], datetime]


def clock() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class UnitBoard:
    """The figures of units, by level.

    Parameters
    ----------
    classes : mapping of str to Classes
        Classes of the rates `households`, `events`, `devices`.
    now : callable, optional
        The clock.
    """

    def __init__(self, classes: Mapping[str, Classes], now: Clock = clock) -> None:
        self._classes, self._now = classes, now
        self._figures = Refreshed[Figures]()
        self._years = ImmutableCache[tuple[int, datetime], Counter[int | None]](1)

    def figures(self, conn: Connection[Any], level: str) -> Figures:
        """Return the figures of the cover at a level; none if the city has no such level."""
        version, (day, until) = resolve_version(conn).version, _moments(self._now())

        def count_year() -> Counter[int | None]:
            return store.count_by_leaf(conn, "events", day - WINDOW, day)

        def count() -> Figures:
            store.allow_long_count(conn)
            profile = read_profile(conn)
            if level not in profile.level_names:
                return NO_FIGURES
            units = store.cover_units(conn, version)
            year = self._years.get((version, day), count_year)
            events = year + store.count_by_leaf(conn, "events", day, until)
            devices = store.count_by_leaf(conn, "devices", None, None)
            return figures_of_units(
                units,
                store.count_over(units, events, profile, level),
                store.count_over(units, devices, profile, level),
                self._classes,
            )

        return self._figures.get(level, (version, until), count)


class CellBoard:
    """The figures of hexagons, by resolution.

    Parameters
    ----------
    classes : mapping of str to Classes
        Classes of the rates `events`, `devices`.
    now : callable, optional
        The clock.
    """

    def __init__(self, classes: Mapping[str, Classes], now: Clock = clock) -> None:
        self._classes, self._now = classes, now
        self._figures = Refreshed[Figures]()
        self._years = ImmutableCache[tuple[int, datetime], CellCounts](H3_RESOLUTIONS)

    def figures(self, conn: Connection[Any], resolution: int) -> Figures:
        """Return the figures of the hexagons of a resolution."""
        day, until = _moments(self._now())

        def count_year() -> CellCounts:
            return store.count_by_cell(conn, "events", resolution, day - WINDOW, day)

        def count() -> Figures:
            store.allow_long_count(conn)
            year = self._years.get((resolution, day), count_year)
            today = store.count_by_cell(conn, "events", resolution, day, until)
            devices = store.count_by_cell(conn, "devices", resolution, None, None)
            return figures_of_cells((year + today).density, devices.density, self._classes)

        return self._figures.get(resolution, until, count)


def _moments(now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning of the day, and of these ten minutes, by UTC."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return day, day + (now - day) // PERIOD * PERIOD
