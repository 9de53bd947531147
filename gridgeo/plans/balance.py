"""How a plan leaves the sizes of units: each level against the rules of the city's profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from psycopg import Connection

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.plans.limits import BalanceRule, Limits, Sizes, Status
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Unit

BALANCE_COUNTS = statement(__package__, "balance_counts")
BALANCE_ROWS = statement(__package__, "balance_rows")

Scope = Literal["plan", "city"]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many units a rule speaks of, and how they stand."""

    units: int
    green: int
    amber: int

    @property
    def red(self) -> int:
        """Units that are neither green nor amber."""
        return self.units - self.green - self.amber

    def changed(self, gone: Iterable[Status], come: Iterable[Status]) -> "Tally":
        """Return the tally without some units and with others."""
        sign = [(status, -1) for status in gone] + [(status, 1) for status in come]
        return Tally(
            self.units + sum(by for _, by in sign),
            self.green + sum(by for status, by in sign if status == "green"),
            self.amber + sum(by for status, by in sign if status == "amber"),
        )


Tallies = ImmutableCache[tuple[int, BalanceRule], Tally]
"""How versions stand to rules; a version never changes, so none grows stale."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit's sizes and how they stand to a rule."""

    sizes: Sizes
    status: Status


@dataclass(frozen=True, slots=True)
class UnitBalance:
    """A unit before and after a plan, None where it is not there or the rule is silent about it."""

    code: str
    name: str
    before: Standing | None
    after: Standing | None


@dataclass(frozen=True, slots=True)
class LevelBalance:
    """A rule, the whole city against it before and after, and units in code order.

    `units` are those that the plan changes; with the scope of the city also all others that are
    amber or red.
    """

    rule: BalanceRule
    before: Tally
    after: Tally
    units: Sequence[UnitBalance]

    def codes(self, status: Status) -> list[str]:
        """Return the codes of the listed units that the plan leaves so."""
        return [unit.code for unit in self.units if unit.after and unit.after.status == status]


@dataclass(frozen=True, slots=True)
class Listing:
    """Which units to list beside the counts: whose, after which code, how many at most."""

    scope: Scope = "plan"
    after: str | None = None
    limit: int = 1_000


def balance(
    conn: Connection[Any],
    so_far: PlanMap,
    level: str | None = None,
    listing: Listing = Listing(),
    tallies: Tallies | None = None,
) -> list[LevelBalance]:
    """Hold a plan's map against the balance rules, from the root down.

    Parameters
    ----------
    so_far
        The map as the plan has it.
    level
        Only the rules of this level.
    tallies
        What a process remembers of versions, so that one is counted only once.

    Raises
    ------
    UnknownKeyword
        No such level.
    BadInput
        The profile's rules are not as they should be.
    """
    if level is not None:
        so_far.profile.level(level)
    rules = [rule for rule in Limits.of(so_far.profile).balance if level in (None, rule.level)]
    depth = {name: depth for depth, name in enumerate(so_far.profile.level_names)}
    levels = {rule.level for rule in rules}
    sizes = measured(so_far.done.units, levels, Planar(so_far.profile.planar_srid))
    kept = Tallies(len(rules) or 1) if tallies is None else tallies
    return [
        _against(conn, rule, so_far, sizes, listing, kept)
        for rule in sorted(rules, key=lambda rule: depth.get(rule.level, len(depth)))
    ]


SidedSizes = tuple[Mapping[str, Sizes], Mapping[str, Sizes]]


def measured(delta: Delta[Unit], levels: Iterable[str], planar: Planar) -> SidedSizes:
    """Return the sizes of the changed units of some levels, by code, before and after."""
    wanted = set(levels)
    sides = []
    for side in (delta.old, delta.new):
        units = [unit for unit in side.values() if unit.level in wanted]
        areas = planar.areas_m2([unit.shape for unit in units]).tolist()
        pairs = zip(units, areas, strict=True)
        sides.append({unit.code: Sizes(unit.households, area) for unit, area in pairs})
    return sides[0], sides[1]


def _against(
    conn: Connection[Any], rule: BalanceRule, so_far: PlanMap, sizes: SidedSizes,
    listing: Listing, tallies: Tallies,
) -> LevelBalance:  # fmt: skip
    delta, version = so_far.done.units, so_far.base.version
    changed = _changed(rule, delta, sizes)
    asked = {**asdict(rule), "low": rule.low, "high": rule.high, "version": version}
    before = tallies.get((version, rule), lambda: _counted(conn, asked))
    after = before.changed(
        (unit.before.status for unit in changed if unit.before),
        (unit.after.status for unit in changed if unit.after),
    )
    units = [u for u in changed if listing.after is None or u.code > listing.after]
    if listing.scope == "city":
        query = {**asked, "without": list(delta.codes), "after": listing.after,
                 "limit": listing.limit}  # fmt: skip
        units += [_untouched(rule, *found) for found in conn.execute(BALANCE_ROWS, query)]
    units = sorted(units, key=lambda unit: unit.code.encode())[: listing.limit]
    return LevelBalance(rule, before, after, units)


def _counted(conn: Connection[Any], asked: dict[str, Any]) -> Tally:
    row = conn.execute(BALANCE_COUNTS, asked).fetchone()
    assert row is not None
    return Tally(*row)


def _changed(rule: BalanceRule, delta: Delta[Unit], sizes: SidedSizes) -> list[UnitBalance]:
    rows = []
    for code in delta.codes:
        unit = delta.new.get(code) or delta.old[code]
        before, after = (
            _standing(rule, side.get(code), measures)
            for side, measures in zip((delta.old, delta.new), sizes, strict=True)
        )
        if before or after:
            rows.append(UnitBalance(code, unit.name, before, after))
    return rows


def _standing(rule: BalanceRule, unit: Unit | None, sizes: Mapping[str, Sizes]) -> Standing | None:
    if unit is None or not rule.holds_for(unit):
        return None
    own = sizes[unit.code]
    return Standing(own, rule.status(own.value(rule.measure)))


def _untouched(
    rule: BalanceRule, code: str, name: str, households: int, area_m2: float
) -> UnitBalance:
    sizes = Sizes(households, area_m2)
    standing = Standing(sizes, rule.status(sizes.value(rule.measure)))
    return UnitBalance(code, name, standing, standing)
