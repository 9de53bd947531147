"""How much of the city has a named owner: by leaf, class of matters and hour of a week.

Asked is the territory alone, on ordinary days: without exclusive grids, assets and modes. The
answer of a leaf depends on those units above it of which a rule for a class speaks, and on which
conditions on time hold; so one leaf stands for all that are alike, and one hour for all alike.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from gridgeo.dispatch.deciding import Desk
from gridgeo.dispatch.model import Around, Matter, assign
from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.locate.model import Placement
from gridgeo.parties.calendars import DAILY, minute_of

HOURS = 7 * 24


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares (0 to 1) of leaf, class and hour that a rule for the class decides.

    Parameters
    ----------
    units : sequence of (code, name, number of leaves)
        Of the level asked for.
    classes : sequence of (code, name)
        The classes of the scheme without classes below.
    shares : float64 array (units, classes)
        Over the leaves of the unit and the hours of the week.
    hours : float64 array (168,)
        Over all leaves and classes, by hour from Monday 00:00 of the city's clock.
    """

    rule_set: int
    scheme: str
    level: str
    monday: date
    units: Sequence[tuple[str, str, int]]
    classes: Sequence[str]
    shares: NDArray[np.float64]
    hours: NDArray[np.float64]

    @property
    def leaves(self) -> NDArray[np.int64]:
        """Number of leaves of each unit."""
        return np.array([leaves for _, _, leaves in self.units], dtype=np.int64)

    @property
    def by_unit(self) -> NDArray[np.float64]:
        """The share of each unit over all classes."""
        return np.asarray(self.shares.mean(axis=1))

    @property
    def by_class(self) -> NDArray[np.float64]:
        """The share of each class over all leaves."""
        weights = self.leaves / self.leaves.sum()
        return np.asarray(weights @ self.shares)

    @property
    def total(self) -> float:
        """The share over everything."""
        return float(self.by_class.mean())

    def document(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "rule_set": self.rule_set,
            "scheme": self.scheme,
            "week_of": self.monday.isoformat(),
            "leaves": int(self.leaves.sum()),
            "classes": len(self.classes),
            "hours": HOURS,
            "named": round(self.total, 6),
            "by_unit": [
                {"code": code, "name": name, "leaves": leaves, "named": round(share, 6)}
                for (code, name, leaves), share in zip(
                    self.units, self.by_unit.tolist(), strict=True
                )
            ],
            "by_class": [
                {"category": code, "named": round(share, 6)}
                for code, share in zip(self.classes, self.by_class.tolist(), strict=True)
            ],
            "by_hour": [round(share, 6) for share in self.hours.tolist()],
        }


def cover(desk: Desk, scheme: str, level: str, week: str | None = None) -> Coverage:
    """Measure the coverage of a desk's rules in a week.

    Parameters
    ----------
    level
        Of the units that are told apart.
    week
        A day of the week (ISO 8601); without one the week of the desk's instant.

    Raises
    ------
    UnknownKeyword
        The scheme has no class, or no unit is of the level.
    BadInput
        The week is no date.
    """
    classes = _classes(desk, scheme)
    monday = _monday(desk, week)
    quiet = replace(desk, book=replace(desk.book, assets=None, periods=()))
    groups, counts, units = _groups(quiet, level)
    holding, pattern = _patterns(quiet, monday)
    named = np.array(
        [
            [
                [_is_named(quiet, *group, (scheme, code), minute) for minute in holding]
                for code in classes
            ]
            for group in groups
        ],
        dtype=np.float64,
    )
    weights = np.bincount(pattern, minlength=len(holding)) / HOURS
    leaves = counts.sum(axis=1, keepdims=True)
    of_pattern = (counts.sum(axis=0) / counts.sum()) @ named.mean(axis=1)
    return Coverage(
        rule_set=desk.rules.rule_set,
        scheme=scheme,
        level=level,
        monday=monday,
        units=[(code, name, int(n)) for (code, name), n in zip(units, leaves[:, 0], strict=True)],
        classes=classes,
        shares=(counts / leaves) @ (named @ weights),
        hours=of_pattern[pattern],
    )


def _classes(desk: Desk, scheme: str) -> list[str]:
    parents = desk.rules.categories.parents
    inner = set(parents.values())
    found = sorted(one[1] for one in parents if one[0] == scheme and one not in inner)
    if not found:
        known = ", ".join(sorted({one[0] for one in parents}))
        raise UnknownKeyword(
            f"No class is of the scheme {scheme!r}; the schemes are {known}.",
            key="scheme",
            value=scheme,
        )
    return found


def _monday(desk: Desk, week: str | None) -> date:
    if week is None:
        instant = desk.instant or datetime.now(UTC)
        day = instant.astimezone(desk.rules.calendars.zone).date()
    else:
        try:
            day = date.fromisoformat(week)
        except ValueError as error:
            raise BadInput(
                f"{week!r} is no date such as 2026-10-01.", key="week", value=week
            ) from error
    return day - timedelta(days=day.weekday())


def _patterns(desk: Desk, monday: date) -> tuple[list[int], NDArray[np.intp]]:
    """Return a minute for each different state of the clock, and which of them each hour has."""
    start = datetime.combine(monday, time(), desk.rules.calendars.zone)
    minutes: list[int] = []
    known: dict[object, int] = {}
    pattern = []
    for hour in range(HOURS):
        minute = minute_of(start + timedelta(hours=hour))
        state = desk.book.holding(minute)
        if state not in known:
            known[state] = len(minutes)
            minutes.append(minute)
        pattern.append(known[state])
    return minutes, np.array(pattern, dtype=np.intp)


Group = tuple[Placement, Around]


def _groups(
    desk: Desk, level: str
) -> tuple[list[Group], NDArray[np.float64], list[tuple[str, str]]]:
    """Return a leaf for all that are alike, and how many of each a unit of the level has.

    The numbers are an array (units, groups); units are (code, name) in code order.
    """
    spoken = _spoken_of(desk)
    number: dict[object, int] = {}
    groups: list[Group] = []
    counts: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for leaf in desk.city.leaves:
        placement = _placed(desk, leaf)
        around = desk.around(placement, datetime.now(UTC))
        chains = (placement.chain, around.legal_chain or ())
        alike = tuple(tuple(u.unit_id for u in chain if u.unit_id in spoken) for chain in chains)
        if alike not in number:
            number[alike] = len(groups)
            groups.append((placement, around))
        home = next((unit for unit in placement.chain if unit.level == level), None)
        if home is not None:
            counts[home.code, home.name][number[alike]] += 1
    if not counts:
        raise UnknownKeyword(f"No unit is of the level {level!r}.", key="level", value=level)
    units = sorted(counts)
    table = np.array([[counts[unit][g] for g in range(len(groups))] for unit in units], dtype=float)
    return groups, table, units


def _spoken_of(desk: Desk) -> set[int]:
    """Return the units on which it may depend whether a rule for a class decides."""
    rules = [
        rule
        for rule in desk.rules.rules()
        if rule.matter is not None and rule.mode in (None, DAILY) and rule.scope_unit_id is not None
    ]
    kinds = {rule.party_kind for rule in rules}
    serving = {
        attachment.unit_id
        for attachment in desk.rules.attached
        if attachment.party.kind in kinds and attachment.unit_id is not None
    }
    return serving | {rule.scope_unit_id for rule in rules if rule.scope_unit_id is not None}


def _placed(desk: Desk, leaf: int) -> Placement:
    """Return a leaf as a place, without a point: no exclusive grid, no border."""
    return Placement(
        lon=0.0,
        lat=0.0,
        version=desk.city.version,
        unit=desk.city.units[leaf],
        chain=desk.city.chain(leaf),
        exclusive=(),
        border=None,
        nearest=None,
        decision="sure",
        candidates=(),
    )


def _is_named(
    desk: Desk, placement: Placement, around: Around, category: tuple[str, str], minute: int
) -> bool:
    matter = Matter(category[1], category[0], minute)
    return not assign(placement, desk.rules, desk.city.root, matter, around).fallback
