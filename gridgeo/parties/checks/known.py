"""What a rule document may name: what is on the map and in the database."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property

from gridgeo.errors import NotFound
from gridgeo.parties.calendars import MODE_PRIORITY
from gridgeo.parties.model import Class


@dataclass(frozen=True)
class Known:
    """The city that a rule document speaks of.

    Parameters
    ----------
    parents : mapping
        Code of the administering parent by the code of every unit; None for the city.
    exclusive : frozenset of str
        Codes of the exclusive grids.
    assets : mapping
        Names of assets by their kind.
    categories : mapping
        The class above every class of matters; None for the highest.
    parties : mapping
        Kind of every party that is there already, by code.
    zone : tzinfo
        Of the city's clock.
    """

    parents: Mapping[str, str | None]
    exclusive: frozenset[str] = frozenset()
    assets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    categories: Mapping[Class, Class | None] = field(default_factory=dict)
    modes: frozenset[str] = frozenset(MODE_PRIORITY)
    parties: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC

    @cached_property
    def root(self) -> str:
        """Code of the city."""
        return next(code for code, parent in self.parents.items() if parent is None)

    @cached_property
    def leaves(self) -> frozenset[str]:
        """Codes of the units without units below."""
        return frozenset(self.parents) - set(self.parents.values())

    def climb(self, code: str) -> Iterator[str]:
        """Yield a unit and all above it, up to the city."""
        step: str | None = code
        while step is not None:
            yield step
            step = self.parents[step]

    def climb_known(self, code: str) -> Iterator[str]:
        """Return the same; raises `NotFound` when no unit carries the code."""
        if code not in self.parents:
            raise NotFound(f"No unit carries the code {code!r}.", key="unit", value=code)
        return self.climb(code)
