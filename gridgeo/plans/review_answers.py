"""What is answered about a plan under review: models of the answers, and how they are made."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal

from pydantic import BaseModel, Field

from gridgeo.plans.balance import LevelBalance, Standing, Tally, UnitBalance
from gridgeo.plans.impact import Impact, Moves, flows
from gridgeo.plans.model import Plan
from gridgeo.plans.problems import Finding


class ReviewAnswer(BaseModel):
    """Which state of a plan an answer speaks of; with another `revision` it holds no more."""

    plan_id: int
    revision: int
    base_version: int
    live_version: int


class ProblemRow(BaseModel):
    """A located and measured defect; `mend` is an edit that can be posted as it stands."""

    kind: str
    severity: Literal["error", "warning"]
    codes: list[str]
    lon: float
    lat: float
    size_m: float | None
    area_m2: float | None
    message: str
    mend: dict[str, Any] | None


class ProblemsAnswer(ReviewAnswer):
    """What stands against publishing a plan, errors first; warnings do not keep it back.

    `errors` and `warnings` count all, `problems` lists the first of them.
    """

    errors: int
    warnings: int
    problems: list[ProblemRow]


class TallyAnswer(BaseModel):
    """How many units of the whole city a rule speaks of, and how they stand."""

    units: int
    green: int
    amber: int
    red: int


class StandingAnswer(BaseModel):
    """A unit's sizes and how they stand to the rule."""

    households: int
    area_m2: float
    status: Literal["green", "amber", "red"]


class UnitBalanceAnswer(BaseModel):
    """A unit before and after; null where it is not there or the rule is silent about it."""

    code: str
    name: str
    before: StandingAnswer | None
    after: StandingAnswer | None


class LevelBalanceAnswer(BaseModel):
    """A rule, the city before and after, the codes of amber and red units, and the units listed."""

    level: str
    measure: Literal["households", "area_m2"]
    least: float
    most: float
    amber_share: float
    before: TallyAnswer
    after: TallyAnswer
    red: list[str]
    amber: list[str]
    units: list[UnitBalanceAnswer]
    next: str | None


class BalanceAnswer(ReviewAnswer):
    """The balance of each level, from the root down."""

    levels: list[LevelBalanceAnswer]


class MoveAnswer(BaseModel):
    """How many go from one code to another; null is outside the city."""

    from_code: str | None = Field(serialization_alias="from")
    to_code: str | None = Field(serialization_alias="to")
    count: int


class MovesAnswer(BaseModel):
    """How many move in all, and from where to where, the largest flow first."""

    total: int
    moves: list[MoveAnswer]


class HouseholdsAnswer(BaseModel):
    """The households of a unit before and after; null where it is not there."""

    code: str
    name: str
    level: str
    before: int | None
    after: int | None


class ImpactAnswer(ReviewAnswer):
    """What publishing the plan would do to all that stands on the map."""

    devices: MovesAnswer
    events: MovesAnswer
    year_events: MovesAnswer
    open_events: MovesAnswer
    parties: MovesAnswer
    residents: MovesAnswer
    duty_posts: MovesAnswer
    households: list[HouseholdsAnswer]


def mark(plan: Plan, live_version: int) -> dict[str, int]:
    """Return which state of a plan an answer speaks of."""
    return {
        "plan_id": plan.plan_id,
        "revision": plan.revision,
        "base_version": plan.base_version,
        "live_version": live_version,
    }


def problems_answer(
    plan: Plan, live_version: int, findings: Sequence[Finding], limit: int
) -> ProblemsAnswer:
    """Return what was found against a plan, listing at most so many."""
    errors = sum(finding.severity == "error" for finding in findings)
    return ProblemsAnswer(
        **mark(plan, live_version),
        errors=errors,
        warnings=len(findings) - errors,
        problems=[ProblemRow(**finding.row) for finding in findings[:limit]],
    )


def balance_answer(
    plan: Plan, live_version: int, levels: Sequence[LevelBalance], limit: int
) -> BalanceAnswer:
    """Return the balance of each level, with at most so many units listed of each."""
    return BalanceAnswer(**mark(plan, live_version), levels=[_level(row, limit) for row in levels])


def impact_answer(plan: Plan, live_version: int, found: Impact) -> ImpactAnswer:
    """Return what publishing a plan would move."""
    return ImpactAnswer(
        **mark(plan, live_version),
        devices=_moves_answer(found.devices),
        events=_moves_answer(found.events),
        year_events=_moves_answer(found.year_events),
        open_events=_moves_answer(found.open_events),
        parties=_moves_answer(found.parties),
        residents=_moves_answer(found.residents),
        duty_posts=_moves_answer(found.duty_posts),
        households=[HouseholdsAnswer(**asdict(row)) for row in found.households],
    )


def _level(row: LevelBalance, limit: int) -> LevelBalanceAnswer:
    shown = LevelBalance(row.rule, row.before, row.after, row.units[:limit])
    return LevelBalanceAnswer(
        level=row.rule.level,
        measure=row.rule.measure,
        least=row.rule.least,
        most=row.rule.most,
        amber_share=row.rule.amber_share,
        before=_tally(row.before),
        after=_tally(row.after),
        red=shown.codes("red"),
        amber=shown.codes("amber"),
        units=[_unit(unit) for unit in shown.units],
        next=shown.units[-1].code if len(row.units) > limit else None,
    )


def _tally(row: Tally) -> TallyAnswer:
    return TallyAnswer(units=row.units, green=row.green, amber=row.amber, red=row.red)


def _unit(row: UnitBalance) -> UnitBalanceAnswer:
    return UnitBalanceAnswer(
        code=row.code, name=row.name, before=_standing(row.before), after=_standing(row.after)
    )


def _standing(row: Standing | None) -> StandingAnswer | None:
    if row is None:
        return None
    area_m2 = round(row.sizes.area_m2, 3)
    return StandingAnswer(households=row.sizes.households, area_m2=area_m2, status=row.status)


def _moves_answer(moves: Moves) -> MovesAnswer:
    rows = [MoveAnswer(from_code=a, to_code=b, count=count) for (a, b), count in flows(moves)]
    return MovesAnswer(total=sum(moves.values()), moves=rows)
