"""What stands against a plan: each problem located, measured, weighed, with a mend if there is one.

Only what the plan touches is looked at: the families of its units, its new borders, the sizes of
its units. Where it does nothing the map is as sound as it was.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import shapely
from psycopg import Connection

from gridgeo.db.cache import ImmutableCache
from gridgeo.errors import Refused
from gridgeo.geometry.coverage import check_contiguous
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.problem import Problem, ProblemKind
from gridgeo.plans import mends
from gridgeo.plans.balance import measured
from gridgeo.plans.cuts import find_cuts
from gridgeo.plans.limits import BalanceRule, Limits, Minimum, Severity, Sizes
from gridgeo.plans.mends import Mend
from gridgeo.plans.model import PlanMap
from gridgeo.units.exclusive import find_exclusive_problems
from gridgeo.units.model import Unit, as_problem_rows
from gridgeo.units.publish import find_problems


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, how much it weighs, and an edit that would mend it."""

    problem: Problem
    severity: Severity
    mend: Mend | None = None

    @property
    def row(self) -> dict[str, Any]:
        """The finding as a plain row for JSON."""
        [row] = as_problem_rows([self.problem])
        return {**row, "severity": self.severity, "mend": self.mend}


Findings = ImmutableCache[tuple[int, int, int], tuple[Finding, ...]]
"""What was found, by plan, revision and base version."""


MOST_MENDS = 200
"""So many problems, the errors first, get their mend worked out."""

Mender = Callable[[], Mend | None]
Found = tuple[Problem, Severity, Mender]


def find(conn: Connection[Any], so_far: PlanMap) -> list[Finding]:
    """Return the problems of a plan's map: errors first, then by kind and codes.

    Raises
    ------
    BadInput
        The profile's rules are not as they should be.
    """
    return _mended([*_breaches(conn, so_far), *_beyond(conn, so_far)])


def require_sound(conn: Connection[Any], so_far: PlanMap) -> None:
    """Raise `Refused`, with every error located, where the profile lets no plan be published.

    The laws of the map are the publication's own to check.
    """
    errors = [found for found in _beyond(conn, so_far) if found[1] == "error"]
    if errors:
        rows = [finding.row for finding in _mended(errors)[:100]]
        raise Refused(
            f"The plan has {len(errors)} error(s) that keep it from being published, the first: "
            f"{rows[0]['message']} ({rows[0]['kind']}). Its problems say how to mend them.",
            problems=rows,
        )


def _mended(found: Iterable[Found]) -> list[Finding]:
    """Return findings in order, as many with their mend as are looked at."""
    ordered = sorted(found, key=lambda f: (f[1], f[0].kind, f[0].codes))
    return [
        Finding(problem, severity, mender() if number < MOST_MENDS else None)
        for number, (problem, severity, mender) in enumerate(ordered)
    ]


def _beyond(conn: Connection[Any], so_far: PlanMap) -> Iterator[Found]:
    """Yield what the profile has against a plan, beyond the laws of the map."""
    limits = Limits.of(so_far.profile)
    yield from _torn(so_far, limits)
    yield from _sizes(so_far, limits)
    for cut in find_cuts(conn, so_far):
        mender = partial(mends.spare_building, cut, so_far)
        yield cut.problem, limits.severity("cuts_building"), mender


def _breaches(conn: Connection[Any], so_far: PlanMap) -> Iterator[Found]:
    """Yield what breaks a law of the map, as a publication would find it."""
    done, version = so_far.done, so_far.base.version
    problems = find_problems(conn, version, done.units, so_far.profile)
    if done.exclusive:
        problems += find_exclusive_problems(conn, version, done.exclusive)
    for problem in problems:
        yield problem, "error", lambda: None


def _torn(so_far: PlanMap, limits: Limits) -> Iterator[Found]:
    """Yield the leaves that the plan leaves in more parts than they had."""
    old = so_far.done.units.old
    for unit in so_far.done.units.new.values():
        before = shapely.get_num_geometries(old[unit.code].shape) if unit.code in old else 1
        if unit.is_leaf and shapely.get_num_geometries(unit.shape) > before:
            mender = partial(mends.join_parts, unit, so_far)
            for problem in check_contiguous([unit.shape], [unit.code]):
                yield problem, limits.severity("not_contiguous"), mender


def _sizes(so_far: PlanMap, limits: Limits) -> Iterator[Found]:
    """Yield the units that the plan makes smaller than they may be, or brings out of balance."""
    delta = so_far.done.units
    levels = {row.level for row in limits.balance} | {row.level for row in limits.minima}
    before, after = measured(delta, levels, Planar(so_far.profile.planar_srid))
    for code, sizes in after.items():
        unit, old = delta.new[code], before.get(code)
        for minimum in limits.minima:
            if minimum.level == unit.level and _falls_below(minimum, old, sizes):
                mender = partial(mends.merge_small, unit, so_far)
                problem = _below(unit, minimum, sizes)
                yield problem, limits.severity("below_minimum"), mender
        for rule in limits.balance:
            if rule.holds_for(unit) and _leaves_balance(rule, old, sizes):
                mender = partial(mends.merge_light, unit, rule, so_far)
                problem = _unbalanced(unit, rule, sizes)
                yield problem, limits.severity("out_of_balance"), mender


def _falls_below(minimum: Minimum, old: Sizes | None, new: Sizes) -> bool:
    value = new.value(minimum.measure)
    return value < minimum.least and (old is None or value < old.value(minimum.measure))


def _leaves_balance(rule: BalanceRule, old: Sizes | None, new: Sizes) -> bool:
    """Whether a unit is out of balance, and the plan has to do with it."""
    value = new.value(rule.measure)
    return rule.status(value) != "green" and (old is None or value != old.value(rule.measure))


def _below(unit: Unit, minimum: Minimum, sizes: Sizes) -> Problem:
    value = sizes.value(minimum.measure)
    message = (
        f"{unit.code} has {_said(value, minimum.measure)}; a {unit.level} has at least "
        f"{_said(minimum.least, minimum.measure)}"
    )
    return _at(unit, "below_minimum", message, sizes)


def _unbalanced(unit: Unit, rule: BalanceRule, sizes: Sizes) -> Problem:
    value = sizes.value(rule.measure)
    message = (
        f"{unit.code} has {_said(value, rule.measure)}; a {unit.level} has {rule.least:g} to "
        f"{rule.most:g} ({rule.status(value)})"
    )
    return _at(unit, "out_of_balance", message, sizes)


def _at(unit: Unit, kind: ProblemKind, message: str, sizes: Sizes) -> Problem:
    place = unit.shape.representative_point()
    return Problem(kind, (unit.code,), place.x, place.y, message, area_m2=sizes.area_m2)


def _said(value: float, measure: str) -> str:
    return f"{value:,.0f} households" if measure == "households" else f"{value:,.1f} m2"


def as_features(findings: Sequence[Finding]) -> Mapping[str, Any]:
    """Return findings as a GeoJSON feature collection of points."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [f.problem.lon, f.problem.lat]},
            "properties": {key: f.row[key] for key in f.row if key not in ("lon", "lat")},
        }
        for f in findings
    ]
    return {"type": "FeatureCollection", "features": features}
