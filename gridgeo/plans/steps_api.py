"""The steps of a plan: submit, approve, reject, withdraw, rebase, publish at once or later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from gridgeo.db.requests import Writing
from gridgeo.plans import steps, store
from gridgeo.plans.api import (
    IfMatch,
    Memory,
    PlanAnswer,
    PlanId,
    Planner,
    plan_answer,
    revision_of,
)
from gridgeo.plans.rebase import rebase as bring_to_live
from gridgeo.units.publish import Follower

router = APIRouter(tags=["plans"])


class PublishIn(BaseModel):
    """When to publish, at once if not said, and on which document, that of the plan if not said."""

    at: datetime | None = Field(None, description="An instant to come, with its offset.")
    document_no: str | None = Field(None, max_length=80)


class StepIn(BaseModel):
    """Why a step is taken; kept with the plan, numbers of persons masked."""

    reason: str = Field("", max_length=2000)


def followers_of(request: Request) -> Sequence[Follower]:
    """Return who moves what stands on the map."""
    followers: Sequence[Follower] = request.app.state.followers
    return followers


Followers = Annotated[Sequence[Follower], Depends(followers_of)]


class RestoreIn(BaseModel):
    """How the plan is called that restores a version."""

    title: str | None = Field(None, min_length=1, max_length=200)
    document_no: str | None = Field(None, max_length=80)


@router.post("/plans/{plan_id}/publish")
def publish(
    conn: Writing,
    caller: Planner,
    followers: Followers,
    replays: Memory,
    plan_id: PlanId,
    body: PublishIn | None = None,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Publish an approved plan as the next map version, at once or at a set instant."""
    said = body or PublishIn(at=None, document_no=None)
    seen, who = revision_of(if_match), caller.name
    if said.at is None:
        plan = steps.publish_plan(conn, plan_id, followers, who, seen, said.document_no, replays)
    else:
        plan = steps.schedule_plan(conn, plan_id, said.at, who, seen, said.document_no, replays)
    return plan_answer(plan)


@router.post("/plans/{plan_id}/rebase")
def rebase(
    conn: Writing, caller: Planner, replays: Memory, plan_id: PlanId, if_match: IfMatch = None
) -> PlanAnswer:
    """Replay the edits of a draft on the live map; a border that both changed is a conflict."""
    plan = bring_to_live(conn, plan_id, caller.name, revision_of(if_match), replays)
    return plan_answer(plan)


@router.post("/versions/{version}/restore", status_code=201)
def restore(
    conn: Writing,
    caller: Planner,
    replays: Memory,
    version: Annotated[int, Path(ge=1, le=2**31 - 1)],
    body: RestoreIn | None = None,
) -> PlanAnswer:
    """Open a draft that brings back a version: its geometry, codes and names, as a new version."""
    said = body or RestoreIn(title=None, document_no=None)
    title = said.title or f"Restore version {version}"
    plan = store.create_plan(conn, title, said.document_no, caller.name)
    edit = {"version": version, "seen": plan.base_version}
    plan = store.add_edit(conn, plan.plan_id, "restore", edit, caller.name, replays=replays)
    return plan_answer(plan)


@router.post("/plans/{plan_id}/{step}")
def take_step(
    conn: Writing,
    caller: Planner,
    replays: Memory,
    plan_id: PlanId,
    step: Literal["submit", "approve", "reject", "withdraw"],
    body: StepIn | None = None,
    if_match: IfMatch = None,
) -> PlanAnswer:
    """Take a plan a step on: submit, approve, reject (back to draft) or withdraw."""
    reason = "" if body is None else body.reason
    seen = revision_of(if_match)
    plan = steps.take_step(conn, plan_id, step, caller.name, seen, reason, replays)
    return plan_answer(plan)
