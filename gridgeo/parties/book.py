"""Everything by which a process decides at one instant: rules, modes, assets, legal parents."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

import shapely
from msgspec import Struct

from gridgeo.parties.assets import AssetIndex
from gridgeo.parties.calendars import ModePeriod, When
from gridgeo.parties.model import RuleSet

MINUTES_KEPT = 1_000


class LegalLink(Struct, frozen=True):
    """A unit's legal parent, from a map version to before another (None: still)."""

    unit_id: int
    legal_parent_id: int
    first_version: int
    end_version: int | None


class Book(Struct, frozen=True, dict=True):
    """A rule set with the modes, assets and legal parents that it asks for. Immutable.

    Parameters
    ----------
    periods : sequence of ModePeriod
        Modes that are on, or planned; none where no rule names a mode.
    assets : AssetIndex, optional
        The assets that rules name; None where none does.
    legal : sequence of LegalLink
        Units whose legal parent is not the administering one; none where no rule climbs by it.
    """

    rules: RuleSet
    periods: Sequence[ModePeriod] = ()
    assets: AssetIndex | None = None
    legal: Sequence[LegalLink] = ()

    @cached_property
    def _legal_of(self) -> dict[int, Mapping[int, int]]:
        return {}

    @cached_property
    def _holding(self) -> dict[int, frozenset[When]]:
        return {}

    @cached_property
    def is_plain(self) -> bool:
        """Whether no rule asks for a clock, a mode, an asset or legal parents."""
        rules = self.rules
        return not (rules.whens or rules.modes or rules.of_asset or rules.climbs_legally)

    def holding(self, minute: int) -> frozenset[When]:
        """Return the conditions on time that hold at a minute since 1970."""
        found = self._holding.get(minute)
        if found is None:
            if len(self._holding) >= MINUTES_KEPT:
                self._holding.clear()
            found = self._holding[minute] = self.rules.holding(minute)
        return found

    def legal_parents(self, version: int) -> Mapping[int, int]:
        """Return the legal parent by unit id in a map version, where it is another one."""
        found = self._legal_of.get(version)
        if found is None:
            found = self._legal_of[version] = {
                link.unit_id: link.legal_parent_id
                for link in self.legal
                if link.first_version <= version
                and (link.end_version is None or version < link.end_version)
            }
        return found

    def modes_on(
        self, lon: float, lat: float, unit_ids: frozenset[int], instant: datetime
    ) -> tuple[str, ...]:
        """Return the modes on at a point within units at an instant, highest priority first."""
        on = {
            period.mode
            for period in self.periods
            if period.is_on(instant) and covers(period, lon, lat, unit_ids)
        }
        priority = self.rules.mode_priority
        return tuple(sorted(on, key=lambda mode: (-priority.get(mode, 0), mode)))


def covers(period: ModePeriod, lon: float, lat: float, unit_ids: frozenset[int]) -> bool:
    """Say whether the area of a mode holds a point in degrees that lies in units."""
    if period.area is not None:
        return bool(shapely.intersects_xy(period.area, lon, lat))
    return not period.unit_ids or not period.unit_ids.isdisjoint(unit_ids)
