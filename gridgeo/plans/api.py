"""Plans: open, list, draw, undo."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import BaseModel, Field

from gridgeo.access.api import requires
from gridgeo.access.model import Caller
from gridgeo.db.requests import Reading, Writing
from gridgeo.errors import BadInput
from gridgeo.plans import refusing, store
from gridgeo.plans.forms import AnyEdit, params_of
from gridgeo.plans.model import NEXT_STATES, Plan
from gridgeo.plans.replays import Replays
from gridgeo.units.api import Limit

router = APIRouter(tags=["plans"], prefix="/plans")

Planner = Annotated[Caller, Depends(requires("plan"))]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=40, description="The revision last seen, such as 3."),
]
PlanState = Literal["draft", "submitted", "approved", "published", "withdrawn"]


def memory_of(request: Request) -> Replays:
    """Return the replayed plans that this process keeps."""
    replays: Replays = request.app.state.replays
    return replays


Memory = Annotated[Replays, Depends(memory_of)]


class PlanIn(BaseModel):
    """A plan to open on the live map."""

    title: str = Field(min_length=1, max_length=200)
    document_no: str | None = Field(None, max_length=80)


class EditAnswer(BaseModel):
    """An edit as it is kept; `codes` are those of the units that came with it."""

    seq: int
    kind: str
    params: dict[str, Any]
    actor: str
    created_at: datetime
    codes: list[str]


class StepAnswer(BaseModel):
    """A step that was taken; it led to `revision`."""

    revision: int
    step: str
    actor: str
    reason: str
    taken_at: datetime


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
    publish_at: datetime | None
    publish_as: str | None
    steps: list[str]


class PlanDetail(PlanAnswer):
    """A plan with its edits in order, those undone left out, and the steps taken with it."""

    edits: list[EditAnswer]
    can_redo: bool
    history: list[StepAnswer]


class PlansAnswer(BaseModel):
    """Plans, newest first; `next` is the id to continue before."""

    plans: list[PlanAnswer]
    next: int | None


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
    return plan_answer(store.create_plan(conn, body.title, body.document_no, caller.name))


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
    return PlansAnswer(plans=[plan_answer(row) for row in rows[:limit]], next=more)


PlanId = Annotated[int, Field(ge=1, le=2**31 - 1)]


@router.get("/{plan_id}", dependencies=[Depends(requires("plan"))])
def plan(conn: Reading, plan_id: PlanId) -> PlanDetail:
    """Return a plan with its edits and its history."""
    found = store.get_plan(conn, plan_id)
    return PlanDetail(
        **plan_answer(found).model_dump(),
        edits=[EditAnswer(**row) for row in store.edits_of(conn, found)],
        can_redo=store.edit_to_redo(conn, found) is not None,
        history=[StepAnswer(**row) for row in store.steps_of(conn, found)],
    )


@router.post("/{plan_id}/edits", status_code=201)
def add_edit(
    conn: Writing,
    caller: Planner,
    replays: Memory,
    plan_id: PlanId,
    body: AnyEdit,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Add an edit to a draft; an edit that cannot be done is refused and leaves no trace."""
    revision = revision_of(if_match)
    params = params_of(body)
    changed = refusing.add_edit(conn, plan_id, body.kind, params, caller.name, revision, replays)
    return plan_answer(changed)


@router.post("/{plan_id}/undo")
def undo(
    conn: Writing, caller: Planner, replays: Memory, plan_id: PlanId, if_match: IfMatch = None
) -> PlanAnswer:
    """Undo the last edit of a draft."""
    return plan_answer(store.undo(conn, plan_id, caller.name, revision_of(if_match), replays))


@router.post("/{plan_id}/redo")
def redo(
    conn: Writing, caller: Planner, replays: Memory, plan_id: PlanId, if_match: IfMatch = None
) -> PlanAnswer:
    """Redo the edit that was undone last, unless another was drawn since."""
    return plan_answer(store.redo(conn, plan_id, caller.name, revision_of(if_match), replays))


def plan_answer(row: Plan) -> PlanAnswer:
    """Return a plan as it is answered."""
    return PlanAnswer.model_validate(
        {
            **{name: getattr(row, name) for name in PlanAnswer.model_fields if name != "steps"},
            "steps": list(NEXT_STATES[row.state]),
        }
    )
