"""Bringing a draft from its version to the live map, or saying what is in the way."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gridgeo.db.sql import statement
from gridgeo.errors import EdgeConflict
from gridgeo.geometry.errors import EditRefused
from gridgeo.plans.carrying import carried
from gridgeo.plans.conflicts import Clash, as_rows, clashes, edges_around, undone
from gridgeo.plans.forms import recoded
from gridgeo.plans.locks import require_unlocked
from gridgeo.plans.model import Plan, PlanMap
from gridgeo.plans.replays import Replays
from gridgeo.plans.store import (
    Row,
    advance,
    append_edit,
    codes_that_come,
    draft_of,
    edits_of,
    note_step,
    replay_on,
)
from gridgeo.units.between import units_between
from gridgeo.units.model import as_problem_rows
from gridgeo.units.store import resolve_version

REBASE_PLAN = statement(__package__, "rebase_plan")
VERSIONS_SINCE = statement(__package__, "versions_since")


def rebase(
    conn: Connection[Any],
    plan_id: int,
    actor: str,
    revision: int | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Replay the edits of a draft on the live map; a plan that stands there stays as it is.

    Codes that the edits found out stay, unless another plan was given them meanwhile.

    Raises
    ------
    EdgeConflict
        The plan and a version published since have changed the same border, or the same word of a
        unit, or an edit can no longer be done; the draft stays as it is.
    StateConflict
        The plan is no draft.
    """
    plan = draft_of(conn, plan_id, revision)
    head = resolve_version(conn).version
    if head == plan.base_version:
        return plan
    kept = Replays() if replays is None else replays
    edits = edits_of(conn, plan)
    mine = replay_on(conn, plan.base_version, edits, kept).done.units
    theirs = units_between(conn, plan.base_version, head)
    _refuse(conn, plan, head, clashes(mine, theirs))
    try:
        moved, brought = _brought(conn, plan, edits, head, kept)
    except EditRefused as error:
        found = edges_around(mine, theirs)
        raise _conflict(conn, plan, head, found, [*_places(error)]) from error
    _refuse(conn, plan, head, undone(moved.done.units, theirs))
    require_unlocked(conn, plan, actor, moved.done.units)
    return _kept(conn, plan, actor, head, edits, brought)


def _brought(
    conn: Connection[Any], plan: Plan, edits: Sequence[Row], head: int, kept: Replays
) -> tuple[PlanMap, list[dict[str, Any]]]:
    """Return the map that the edits make of the live one, and the edits as they stand there.

    Where a new unit gets another code, since its own was given meanwhile, the edits after it name
    it by that.
    """
    now = replay_on(conn, head, [], kept)
    before = replay_on(conn, plan.base_version, [], kept)
    brought: list[dict[str, Any]] = []
    others: dict[str, str] = {}
    for row, edit in enumerate(edits):
        after = replay_on(conn, plan.base_version, edits[: row + 1], kept)
        params = carried(edit["kind"], recoded(edit["params"], others), before, after, now)
        done = {"kind": edit["kind"], "params": params, "codes": edit["codes"]}
        then = replay_on(conn, head, [*brought, done], kept)
        done["codes"] = codes_that_come(~now.done + then.done)
        others |= dict(zip(edit["codes"], done["codes"], strict=False))
        kept.keep([*brought, done], head, then.done)
        brought.append(done)
        before, now = after, then
    return now, brought


def _kept(
    conn: Connection[Any],
    plan: Plan,
    actor: str,
    head: int,
    edits: Sequence[Row],
    brought: Sequence[Mapping[str, Any]],
) -> Plan:
    """Keep the plan on its new base; edits that had to change are written anew, with all after."""
    at_seq, fresh = 0, False
    for edit, done in zip(edits, brought, strict=True):
        fresh = fresh or any(edit[key] != done[key] for key in ("params", "codes"))
        at_seq = append_edit(conn, plan, at_seq, done, edit["actor"]) if fresh else edit["seq"]
    at_seq = at_seq if fresh else plan.at_seq
    brought_to = advance(conn, plan, REBASE_PLAN, {"base_version": head, "at_seq": at_seq})
    note_step(conn, brought_to, "rebase", actor, f"version {plan.base_version} to {head}")
    return brought_to


def _refuse(conn: Connection[Any], plan: Plan, head: int, found: list[Clash]) -> None:
    if found:
        raise _conflict(conn, plan, head, found, [])


def _conflict(
    conn: Connection[Any], plan: Plan, head: int, found: list[Clash], places: list[Row]
) -> EdgeConflict:
    """Return the refusal: each shared edge with its units, and who changed it by what."""
    with conn.cursor(row_factory=dict_row) as cursor:
        query = {"version": plan.base_version, "codes": [], "most": 0}
        who = {row["version"]: row for row in cursor.execute(VERSIONS_SINCE, query)}
    versions = {version: units_between(conn, version - 1, version) for version in who}
    rows = as_rows(found, versions, who) + places
    said = rows[0]["message"] if rows else f"versions up to {head} are in the way"
    return EdgeConflict(
        f"Plan {plan.plan_id} cannot be brought to version {head}: {said}. The draft is as it was; "
        "undo what is in the way, or draw it again.",
        key="base_version",
        value=plan.base_version,
        problems=rows,
    )


def _places(error: EditRefused) -> list[Row]:
    place = {"kind": error.kind, "codes": list(error.codes), "lon": error.lon, "lat": error.lat,
             "message": error.message}  # fmt: skip
    return as_problem_rows(error.problems) or [place]
