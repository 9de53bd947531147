"""The steps of a plan from draft to map version: submit, approve, reject, schedule, publish."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from gridgeo.access.masking import mask
from gridgeo.db.sql import statement
from gridgeo.errors import BadInput, Refused, VersionConflict
from gridgeo.geometry.delta import Delta
from gridgeo.plans.locks import release_all, require_unlocked
from gridgeo.plans.model import Change, Plan, next_state
from gridgeo.plans.problems import require_sound
from gridgeo.plans.replays import Replays
from gridgeo.plans.store import (
    advance,
    change_of,
    edits_of,
    get_plan,
    map_of,
    note_step,
    require_revision,
)
from gridgeo.units import store as units
from gridgeo.units.exclusive import find_exclusive_problems
from gridgeo.units.model import MapVersion, Unit
from gridgeo.units.publish import Follower, Record, find_problems, publish, refuse_if_broken

STEP_PLAN = statement(__package__, "step_plan")
SCHEDULE_PLAN = statement(__package__, "schedule_plan")
VERSIONS_SINCE = statement(__package__, "versions_since")
DUE_PLAN = statement(__package__, "due_plan")
ALL_AT_ONCE = statement(__package__, "all_at_once")

MOST_CODES = 20
"""So many changed units of a version are named in a conflict."""


def take_step(
    conn: Connection[Any],
    plan_id: int,
    step: str,
    actor: str,
    revision: int | None = None,
    reason: str = "",
    replays: Replays | None = None,
) -> Plan:
    """Take a plan to its next state by `submit`, `approve`, `reject` or `withdraw`.

    The reason is kept, with phone and identity numbers masked. A rejected plan is no longer
    scheduled; a withdrawn one lets go its locks.

    Raises
    ------
    StateConflict
        The step does not lead on from the plan's state.
    Refused
        What is submitted changes nothing.
    Locked
        What is submitted lies in what somebody else holds.
    """
    plan = get_plan(conn, plan_id, lock=True)
    require_revision(plan, revision)
    state = next_state(plan, step)
    if step == "submit":
        change = change_of(conn, plan, replays)
        _require_change(plan, change)
        require_unlocked(conn, plan, actor, change.units)
    stepped = _step(conn, plan, step, state, actor, mask(reason))
    if step == "withdraw":
        release_all(conn, plan)
    return stepped


def publish_plan(
    conn: Connection[Any],
    plan_id: int,
    followers: Iterable[Follower],
    actor: str,
    revision: int | None = None,
    document_no: str | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Publish an approved plan as the next map version, in the caller's transaction.

    Raises
    ------
    VersionConflict
        The map has moved on since the plan was drawn; `problems` says by whom and where.
    Refused
        The plan is empty, or would break a law.
    Locked
        It changes what somebody else holds.
    """
    plan = get_plan(conn, plan_id, lock=True)
    require_revision(plan, revision)
    return _publish(conn, plan, followers, actor, document_no, replays)


def schedule_plan(
    conn: Connection[Any],
    plan_id: int,
    at: datetime,
    actor: str,
    revision: int | None = None,
    document_no: str | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Let an approved plan be published at an instant; what refuses it now, refuses that too.

    Raises
    ------
    BadInput
        The instant has passed, or has no offset.
    VersionConflict, Refused, Locked
        As `publish_plan`.
    """
    if at.tzinfo is None or at <= datetime.now(UTC):
        raise BadInput(
            "`at` must be an instant to come, with its offset, such as "
            "2026-03-01T08:00:00+08:00; leave it out to publish at once.",
            key="at",
            value=at.isoformat(),
        )
    plan = get_plan(conn, plan_id, lock=True)
    require_revision(plan, revision)
    next_state(plan, "publish")
    change, head = _publishable(conn, plan, actor, replays)
    problems = find_problems(conn, head.version, change.units, units.read_profile(conn))
    refuse_if_broken(problems + find_exclusive_problems(conn, head.version, change.exclusive))
    minute = {"publish_at": at, "publish_as": actor, "document_no": document_no}
    scheduled = advance(conn, plan, SCHEDULE_PLAN, minute)
    note_step(conn, scheduled, "schedule", actor, at.isoformat())
    return scheduled


def take_due(conn: Connection[Any]) -> Plan | None:
    """Return the plan that has been due for longest, held until the transaction ends.

    Of several workers one gets it; None when nothing is due.
    """
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return cursor.execute(DUE_PLAN).fetchone()


def publish_due(conn: Connection[Any], plan: Plan, followers: Iterable[Follower]) -> Plan:
    """Publish a plan that is due in the name of who set its minute; see `publish_plan`.

    What the database would refuse at commit it refuses here.
    """
    actor = plan.publish_as or plan.created_by
    published = _publish(conn, plan, followers, actor, None, None)
    conn.execute(ALL_AT_ONCE)
    return published


def fail_due(conn: Connection[Any], plan: Plan, why: str) -> Plan:
    """Keep why a plan could not be published at its minute; it stays approved, without a minute."""
    return _step(conn, plan, "fail", plan.state, plan.publish_as or plan.created_by, why)


def _publish(
    conn: Connection[Any], plan: Plan, followers: Iterable[Follower], actor: str,
    document_no: str | None, replays: Replays | None,
) -> Plan:  # fmt: skip
    state = next_state(plan, "publish")
    change, head = _publishable(conn, plan, actor, replays)
    record = Record(
        actor=actor,
        base=plan.base_version,
        note=plan.title,
        document_no=document_no or plan.document_no,
        synthetic=head.synthetic,
        source_crs=source_crs_of(edits_of(conn, plan), change.units),
    )
    try:
        minted = publish(conn, change.units, followers, record, change.exclusive)
    except VersionConflict as error:
        if units.resolve_version(conn).version == plan.base_version:
            raise
        raise _moved_on(conn, plan, change.units) from error
    release_all(conn, plan)
    row = {"state": state, "published_version": minted.version, "document_no": document_no}
    published = advance(conn, plan, STEP_PLAN, row)
    note_step(conn, published, "publish", actor)
    return published


def _publishable(
    conn: Connection[Any], plan: Plan, actor: str, replays: Replays | None
) -> tuple[Change, MapVersion]:
    """Return what a plan changes and the live version, on which it was drawn."""
    head = units.resolve_version(conn)
    so_far = map_of(conn, plan, replays)
    change = so_far.done
    if head.version != plan.base_version:
        raise _moved_on(conn, plan, change.units)
    _require_change(plan, change)
    require_unlocked(conn, plan, actor, change.units)
    require_sound(conn, so_far)
    return change, head


def _require_change(plan: Plan, change: Change) -> None:
    if not change:
        raise Refused(f"Plan {plan.plan_id} changes nothing; add an edit first.")


def _moved_on(conn: Connection[Any], plan: Plan, change: Delta[Unit]) -> VersionConflict:
    """Return the refusal of a plan on an older map: who changed what since."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            VERSIONS_SINCE,
            {"version": plan.base_version, "codes": list(change.codes), "most": MOST_CODES},
        ).fetchall()
    last = rows[-1]
    return VersionConflict(
        f"Plan {plan.plan_id} was drawn on version {plan.base_version}; since then version "
        f"{last['version']} was published by {last['actor']} ({last['note'] or 'no note'}). "
        f"POST /plans/{plan.plan_id}/rebase brings the plan to the live map.",
        key="base_version",
        value=plan.base_version,
        problems=[{"kind": "changed_since", **row} for row in rows],
    )


def source_crs_of(edits: Sequence[Mapping[str, Any]], change: Delta[Unit]) -> dict[str, str]:
    """Return by code in which coordinate system a changed shape came in, where an edit says so."""
    found: dict[str, str] = {}
    for edit in edits:
        crs = edit["params"].get("source_crs")
        drawn = {unit.get("code") for unit in edit["params"].get("units", ())}
        for code in {*drawn, *edit["codes"]} & set(change.new) if crs else ():
            found[code] = crs
    return found


def _step(
    conn: Connection[Any], plan: Plan, step: str, state: str, actor: str, reason: str
) -> Plan:
    row = {"state": state, "published_version": None, "document_no": None}
    stepped = advance(conn, plan, STEP_PLAN, row)
    note_step(conn, stepped, step, actor, reason)
    return stepped
