"""Plans: draw, check, approve, publish."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field

from gridgeo.access.api import requires
from gridgeo.access.model import Caller
from gridgeo.db.requests import Reading, Writing
from gridgeo.errors import BadInput
from gridgeo.plans import store
from gridgeo.plans.forms import AnyEdit, params_of
from gridgeo.plans.model import NEXT_STATES, Plan
from gridgeo.units.api import Limit
from gridgeo.units.model import as_problem_rows
from gridgeo.units.publish import find_problems
from gridgeo.units.store import read_profile, resolve_version

router = APIRouter(tags=["plans"], prefix="/plans")

Planner = Annotated[Caller, Depends(requires("plan"))]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=40, description="The revision last seen, such as 3."),
]
PlanState = Literal["draft", "submitted", "approved", "published", "withdrawn"]


class PlanIn(BaseModel):
    """A plan to open on the live map."""

    title: str = Field(min_length=1, max_length=200)
    document_no: str | None = Field(None, max_length=80)


class EditAnswer(BaseModel):
    """An edit as it is kept."""

    seq: int
    kind: str
    params: dict[str, Any]
    actor: str
    created_at: datetime


class PlanAnswer(BaseModel):
    """A plan; `steps` are the steps open from its state."""

    plan_id: int
    title: str
    state: PlanState
    base_version: int
    published_version: int | None
    revision: int
    document_no: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    steps: list[str]


class PlanDetail(PlanAnswer):
    """A plan with its edits in order."""

    edits: list[EditAnswer]


class PlansAnswer(BaseModel):
    """Plans, newest first; `next` is the id to continue before."""

    plans: list[PlanAnswer]
    next: int | None


class ProblemRow(BaseModel):
    """A located and measured defect."""

    kind: str
    codes: list[str]
    lon: float
    lat: float
    size_m: float | None
    area_m2: float | None
    message: str


class ProblemsAnswer(BaseModel):
    """What stands against publishing a plan; none means it can go on."""

    base_version: int
    live_version: int
    problems: list[ProblemRow]


class DiffRow(BaseModel):
    """A unit that a plan changes: as it was and as it shall be, as GeoJSON."""

    code: str
    level: str
    name: str
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class DiffAnswer(BaseModel):
    """Every unit that a plan changes, in code order."""

    base_version: int
    units: list[DiffRow]


def revision_of(if_match: str | None) -> int | None:
    """Read an If-Match header; raises `BadInput` when it is no revision."""
    if if_match is None:
        return None
    text = if_match.removeprefix("W/").strip('"')
    if not text.isdigit() or len(text) > 9:
        raise BadInput("If-Match must hold the plan's revision.", key="If-Match", value=if_match)
    return int(text)


@router.post("", status_code=201)
def create(conn: Writing, caller: Planner, body: PlanIn) -> PlanAnswer:
    """Open a draft on the live map."""
    return _answer(store.create_plan(conn, body.title, body.document_no, caller.name))


@router.get("", dependencies=[Depends(requires("plan"))])
def plans(
    conn: Reading,
    state: PlanState | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Limit = 100,
) -> PlansAnswer:
    """List plans, newest first."""
    rows = store.list_plans(conn, state, before, limit + 1)
    more = rows[limit - 1].plan_id if len(rows) > limit else None
    return PlansAnswer(plans=[_answer(row) for row in rows[:limit]], next=more)


PlanId = Annotated[int, Field(ge=1, le=2**31 - 1)]


@router.get("/{plan_id}", dependencies=[Depends(requires("plan"))])
def plan(conn: Reading, plan_id: PlanId) -> PlanDetail:
    """Return a plan with its edits."""
    found = store.get_plan(conn, plan_id)
    edits = [EditAnswer(**row) for row in store.edits_of(conn, plan_id)]
    return PlanDetail(**_answer(found).model_dump(), edits=edits)


@router.post("/{plan_id}/edits", status_code=201)
def add_edit(
    conn: Writing, caller: Planner, plan_id: PlanId, body: AnyEdit, if_match: IfMatch = None
) -> PlanAnswer:
    """Add an edit to a draft; an edit that cannot be done is refused and leaves no trace."""
    revision = revision_of(if_match)
    changed = store.add_edit(conn, plan_id, body.kind, params_of(body), caller.name, revision)
    return _answer(changed)


@router.get("/{plan_id}/problems", dependencies=[Depends(requires("plan"))])
def problems(conn: Reading, plan_id: PlanId) -> ProblemsAnswer:
    """Check what publishing a plan would make of the map it was drawn on."""
    found = store.get_plan(conn, plan_id)
    delta = store.delta_of(conn, found)
    rows = as_problem_rows(find_problems(conn, found.base_version, delta, read_profile(conn)))
    return ProblemsAnswer(
        base_version=found.base_version,
        live_version=resolve_version(conn).version,
        problems=[ProblemRow(**row) for row in rows],
    )


@router.get("/{plan_id}/diff", dependencies=[Depends(requires("plan"))])
def diff(conn: Reading, plan_id: PlanId) -> DiffAnswer:
    """List every unit that a plan changes, before and after."""
    found = store.get_plan(conn, plan_id)
    delta = store.delta_of(conn, found)
    rows = []
    for code in delta.codes:
        old, new = delta.old.get(code), delta.new.get(code)
        unit = new or old
        assert unit is not None
        rows.append(
            DiffRow(
                code=code,
                level=unit.level,
                name=unit.name,
                old=old.shape.__geo_interface__ if old else None,
                new=new.shape.__geo_interface__ if new else None,
            )
        )
    return DiffAnswer(base_version=found.base_version, units=rows)


@router.post("/{plan_id}/publish")
def publish(
    conn: Writing, request: Request, caller: Planner, plan_id: PlanId, if_match: IfMatch = None
) -> PlanAnswer:
    """Publish an approved plan as the next map version, for everybody at once."""
    followers: Sequence[Any] = request.app.state.followers
    revision = revision_of(if_match)
    return _answer(store.publish_plan(conn, plan_id, followers, caller.name, revision))


@router.post("/{plan_id}/{step}")
def take_step(
    conn: Writing,
    caller: Planner,
    plan_id: PlanId,
    step: Literal["submit", "approve", "reject", "withdraw"],
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Take a plan a step on: submit, approve, reject (back to draft) or withdraw."""
    return _answer(store.take_step(conn, plan_id, step, revision_of(if_match)))


def _answer(row: Plan) -> PlanAnswer:
    return PlanAnswer.model_validate(
        {
            **{name: getattr(row, name) for name in PlanAnswer.model_fields if name != "steps"},
            "steps": list(NEXT_STATES[row.state]),
        }
    )
