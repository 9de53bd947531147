"""Looking at a plan before it is published: its problems, its balance, what it moves."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from gridgeo.access.api import requires
from gridgeo.db.requests import Reading
from gridgeo.plans import balance as balances
from gridgeo.plans import impact as impacts
from gridgeo.plans import store
from gridgeo.plans.api import Memory, PlanId
from gridgeo.plans.balance import Listing
from gridgeo.plans.model import Plan
from gridgeo.plans.problems import Finding, Findings, as_features, find
from gridgeo.plans.replays import Replays
from gridgeo.plans.review_answers import (
    BalanceAnswer,
    ImpactAnswer,
    ProblemsAnswer,
    balance_answer,
    impact_answer,
    mark,
    problems_answer,
)
from gridgeo.units.api import Limit
from gridgeo.units.store import resolve_version

router = APIRouter(tags=["plans"], prefix="/plans", dependencies=[Depends(requires("plan"))])

After = Annotated[str | None, Query(max_length=24, description="Continue after this code.")]


@router.get("/{plan_id}/problems")
def problems(
    conn: Reading,
    request: Request,
    response: Response,
    replays: Memory,
    plan_id: PlanId,
    f: Annotated[Literal["json", "geojson"], Query(description="Rows, or points.")] = "json",
    limit: Limit = 1000,
) -> ProblemsAnswer | dict[str, Any]:
    """Check what publishing a plan would make of the map it was drawn on."""
    plan = store.get_plan(conn, plan_id)
    findings = _findings(conn, request.app.state.findings, replays, plan)
    live = _live(conn, plan, response)
    if f == "geojson":
        return {**as_features(findings[:limit]), **mark(plan, live)}
    return problems_answer(plan, live, findings, limit)


def _findings(conn: Reading, kept: Findings, replays: Replays, plan: Plan) -> list[Finding]:
    """Return the problems of a plan, from memory when this process has found them before."""

    def look() -> tuple[Finding, ...]:
        return tuple(find(conn, store.map_of(conn, plan, replays)))

    return list(kept.get((plan.plan_id, plan.revision, plan.base_version), look))


@router.get("/{plan_id}/balance")
def balance(
    conn: Reading,
    request: Request,
    response: Response,
    replays: Memory,
    plan_id: PlanId,
    level: Annotated[str | None, Query(max_length=40)] = None,
    scope: Annotated[
        balances.Scope,
        Query(description="List the units of the plan, or all amber and red ones of the city too."),
    ] = "plan",
    after: After = None,
    limit: Limit = 1000,
) -> BalanceAnswer:
    """Hold the map as a plan has it against the sizes that the city's profile asks for."""
    plan = store.get_plan(conn, plan_id)
    so_far = store.map_of(conn, plan, replays)
    listing = Listing(scope, after, limit + 1)
    tallies = request.app.state.tallies
    found = balances.balance(conn, so_far, level, listing, tallies)
    return balance_answer(plan, _live(conn, plan, response), found, limit)


@router.get("/{plan_id}/impact")
def impact(
    conn: Reading, request: Request, response: Response, replays: Memory, plan_id: PlanId
) -> ImpactAnswer:
    """Foresee who and what moves when a plan is published, from whom to whom."""
    plan = store.get_plan(conn, plan_id)
    so_far = store.map_of(conn, plan, replays)
    found = impacts.impact(conn, so_far, request.app.state.foresight)
    return impact_answer(plan, _live(conn, plan, response), found)


def _live(conn: Reading, plan: Plan, response: Response) -> int:
    """Return the live version; give the plan's revision as the ETag, fit for If-Match."""
    response.headers["ETag"] = f'W/"{plan.revision}"'
    return resolve_version(conn).version
