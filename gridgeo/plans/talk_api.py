"""Working on a plan together: locks on parts of the map, and comments."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field, FiniteFloat

from gridgeo.access.api import requires
from gridgeo.db.requests import Reading, Writing
from gridgeo.errors import BadInput, StateConflict
from gridgeo.plans import comments as said
from gridgeo.plans import locks as held
from gridgeo.plans import store
from gridgeo.plans.api import PlanId, Planner
from gridgeo.plans.model import NEXT_STATES, Plan
from gridgeo.units.api import Limit

router = APIRouter(tags=["plans"], prefix="/plans")

Code = Annotated[str, Field(min_length=1, max_length=24)]


class LocksIn(BaseModel):
    """Units to lock with all below them, for the plan or, with `only_me`, for one hand in it."""

    codes: list[Code] = Field(min_length=1, max_length=100)
    only_me: bool = False


class UnlockIn(BaseModel):
    """Units to let go; all that the plan holds when none is said."""

    codes: list[Code] | None = Field(None, max_length=100)


class LockAnswer(BaseModel):
    """A unit that is locked, by whom and since when."""

    code: str
    actor: str
    only_actor: bool
    taken_at: datetime


class LocksAnswer(BaseModel):
    """The locks that a plan holds, in code order."""

    locks: list[LockAnswer]


class CommentIn(BaseModel):
    """Free text about a plan, at a point (both or none, degrees) and about a unit if said."""

    text: str = Field(min_length=1, max_length=4000)
    lon: FiniteFloat | None = Field(None, ge=-180, le=180)
    lat: FiniteFloat | None = Field(None, ge=-90, le=90)
    code: Code | None = None


class CommentAnswer(BaseModel):
    """A comment as it is kept."""

    comment_id: int
    actor: str
    text: str
    lon: float | None
    lat: float | None
    unit_code: str | None
    created_at: datetime


class CommentsAnswer(BaseModel):
    """Comments, oldest first; `next` is the id to continue after."""

    comments: list[CommentAnswer]
    next: int | None


@router.get("/{plan_id}/locks", dependencies=[Depends(requires("plan"))])
def locks(conn: Reading, plan_id: PlanId) -> LocksAnswer:
    """List the locks that a plan holds."""
    return _locks(held.locks_of(conn, store.get_plan(conn, plan_id)))


@router.post("/{plan_id}/locks", status_code=201)
def lock(conn: Writing, caller: Planner, plan_id: PlanId, body: LocksIn) -> LocksAnswer:
    """Lock units of the live map and all below them, until the plan ends or lets them go."""
    plan = _open(store.get_plan(conn, plan_id, lock=True))
    held.take_locks(conn, plan, body.codes, caller.name, body.only_me)
    return _locks(held.locks_of(conn, plan))


@router.post("/{plan_id}/unlock")
def unlock(
    conn: Writing, caller: Planner, plan_id: PlanId, body: UnlockIn | None = None
) -> LocksAnswer:
    """Let go locks: those you took, or as an operator any; the answer has what is left."""
    plan = store.get_plan(conn, plan_id, lock=True)
    codes = None if body is None else body.codes
    held.release_locks(conn, plan, caller.name, codes, may_all=caller.role == "operator")
    return _locks(held.locks_of(conn, plan))


@router.get("/{plan_id}/comments", dependencies=[Depends(requires("plan"))])
def comments(
    conn: Reading,
    plan_id: PlanId,
    after: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Limit = 100,
) -> CommentsAnswer:
    """List what was said about a plan, oldest first."""
    rows = said.list_comments(conn, store.get_plan(conn, plan_id), after, limit + 1)
    more = rows[limit - 1]["comment_id"] if len(rows) > limit else None
    return CommentsAnswer(comments=[CommentAnswer(**row) for row in rows[:limit]], next=more)


@router.post("/{plan_id}/comments", status_code=201)
def comment(conn: Writing, caller: Planner, plan_id: PlanId, body: CommentIn) -> CommentAnswer:
    """Say something about a plan; phone and identity numbers are masked, and it stays."""
    if (body.lon is None) != (body.lat is None):
        raise BadInput("A point is `lon` and `lat`, both or none.", key="lon", value=body.lon)
    point = None if body.lon is None or body.lat is None else (body.lon, body.lat)
    plan = store.get_plan(conn, plan_id)
    return CommentAnswer(**said.add_comment(conn, plan, caller.name, body.text, point, body.code))


def _open(plan: Plan) -> Plan:
    if not NEXT_STATES[plan.state]:
        raise StateConflict(
            f"Plan {plan.plan_id} is {plan.state} and takes no lock.",
            key="state",
            value=plan.state,
        )
    return plan


def _locks(rows: list[held.PlanLock]) -> LocksAnswer:
    return LocksAnswer(
        locks=[
            LockAnswer(
                code=row.code, actor=row.actor, only_actor=row.only_actor, taken_at=row.taken_at
            )
            for row in rows
        ]
    )
