"""Plans and the log of their edits: opening, drawing, undoing, and the map that they make."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Json

from gridgeo.db.sql import statement
from gridgeo.errors import Conflict, NotFound
from gridgeo.geometry.delta import Delta
from gridgeo.plans.locks import require_unlocked
from gridgeo.plans.model import Change, Plan, PlanMap, require_draft
from gridgeo.plans.replays import Replays
from gridgeo.plans.stored_map import StoredMap
from gridgeo.units import store as units
from gridgeo.units.model import Unit

INSERT_PLAN = statement(__package__, "insert_plan")
PLAN_BY_ID = statement(__package__, "plan_by_id")
LOCK_PLAN = statement(__package__, "lock_plan")
LIST_PLANS = statement(__package__, "list_plans")
ADVANCE_PLAN = statement(__package__, "advance_plan")
INSERT_EDIT = statement(__package__, "insert_edit")
EDITS_OF_PLAN = statement(__package__, "edits_of_plan")
EDIT_TO_REDO = statement(__package__, "edit_to_redo")
INSERT_STEP = statement(__package__, "insert_step")
STEPS_OF_PLAN = statement(__package__, "steps_of_plan")

MAX_EDITS = 1_000

Row = dict[str, Any]


def create_plan(conn: Connection[Any], title: str, document_no: str | None, actor: str) -> Plan:
    """Open a draft on the live map."""
    base = units.resolve_version(conn).version
    row = {
        "title": title,
        "base_version": base,
        "document_no": document_no,
        "created_by": actor,
    }
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return _one(cursor.execute(INSERT_PLAN, row).fetchone(), None)


def get_plan(conn: Connection[Any], plan_id: int, *, lock: bool = False) -> Plan:
    """Return a plan, held until the transaction ends with `lock`; raises `NotFound`."""
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        found = cursor.execute(LOCK_PLAN if lock else PLAN_BY_ID, {"plan_id": plan_id}).fetchone()
    return _one(found, plan_id)


def _one(found: Plan | None, plan_id: int | None) -> Plan:
    if found is None:
        raise NotFound(f"There is no plan {plan_id}.", key="plan_id", value=plan_id)
    return found


def list_plans(
    conn: Connection[Any], state: str | None, before: int | None, limit: int
) -> list[Plan]:
    """Return plans, newest first."""
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return cursor.execute(
            LIST_PLANS, {"state": state, "before": before, "limit": limit}
        ).fetchall()


def edits_of(conn: Connection[Any], plan: Plan) -> list[Row]:
    """Return the edits of a plan that are in force, in order."""
    at = {"plan_id": plan.plan_id, "at_seq": plan.at_seq}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(EDITS_OF_PLAN, at).fetchall()


def require_revision(plan: Plan, revision: int | None) -> None:
    """Raise `Conflict` when the caller has seen another revision than the plan's."""
    if revision is not None and revision != plan.revision:
        raise Conflict(
            f"Plan {plan.plan_id} is at revision {plan.revision}, not {revision}; somebody has "
            "changed it since. Read it again.",
            key="If-Match",
            value=revision,
        )


def add_edit(
    conn: Connection[Any],
    plan_id: int,
    kind: str,
    params: Mapping[str, Any],
    actor: str,
    revision: int | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Append an edit to a draft; see `draw`."""
    return draw(conn, plan_id, kind, params, actor, revision, replays)[0]


def draw(
    conn: Connection[Any],
    plan_id: int,
    kind: str,
    params: Mapping[str, Any],
    actor: str,
    revision: int | None = None,
    replays: Replays | None = None,
) -> tuple[Plan, PlanMap]:
    """Append an edit to a draft once it has been shown to work; a refused edit leaves no trace.

    Returns the plan, and the map as it now has it.

    Raises
    ------
    EditRefused
        The edit cannot be done, with place and codes.
    StateConflict
        The plan is no draft any more.
    """
    plan = draft_of(conn, plan_id, revision)
    before = edits_of(conn, plan)
    if len(before) >= MAX_EDITS:
        raise Conflict(f"Plan {plan_id} has {MAX_EDITS} edits, the most that one plan takes.")
    kept = Replays() if replays is None else replays
    so_far = replay_on(conn, plan.base_version, before, kept)
    drawn = replay_on(conn, plan.base_version, [*before, {"kind": kind, "params": params}], kept)
    change = drawn.since(so_far)
    require_unlocked(conn, plan, actor, change)
    edit = {"kind": kind, "params": params, "codes": codes_that_come(~so_far.done + drawn.done)}
    kept.keep([*before, edit], plan.base_version, drawn.done)
    seq = append_edit(conn, plan, plan.at_seq, edit, actor)
    return advance(conn, plan, ADVANCE_PLAN, {"at_seq": seq}), drawn


def codes_that_come(change: Change) -> list[str]:
    """Return the codes of what is new, which the edit is to find again whenever it is replayed."""
    sides = (change.units, change.exclusive)
    return [code for side in sides for code in side.codes if code not in side.old]


def append_edit(
    conn: Connection[Any], plan: Plan, after_seq: int, edit: Mapping[str, Any], actor: str
) -> int:
    """Write an edit after another one of a plan and return its number."""
    row = {"plan_id": plan.plan_id, "after_seq": after_seq, "actor": actor,
           **edit, "params": Json(edit["params"])}  # fmt: skip
    written = conn.execute(INSERT_EDIT, row).fetchone()
    assert written is not None
    return int(written[0])


def undo(
    conn: Connection[Any],
    plan_id: int,
    actor: str,
    revision: int | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Take the last edit of a draft out of force; raises `Conflict` when there is none."""
    plan = draft_of(conn, plan_id, revision)
    edits = edits_of(conn, plan)
    if not edits:
        raise Conflict(f"Plan {plan_id} has no edit to undo.", key="plan_id", value=plan_id)
    return _turn(conn, plan, actor, "undo", edits[-1], edits[-1]["after_seq"], replays)


def redo(
    conn: Connection[Any],
    plan_id: int,
    actor: str,
    revision: int | None = None,
    replays: Replays | None = None,
) -> Plan:
    """Put the edit that was undone last back in force, as far as no other was drawn since.

    Raises
    ------
    Conflict
        There is none.
    EditRefused
        It cannot be done on the version that the plan was brought to meanwhile.
    """
    plan = draft_of(conn, plan_id, revision)
    edit = edit_to_redo(conn, plan)
    if edit is None:
        raise Conflict(f"Plan {plan_id} has no edit to redo.", key="plan_id", value=plan_id)
    return _turn(conn, plan, actor, "redo", edit, edit["seq"], replays)


def edit_to_redo(conn: Connection[Any], plan: Plan) -> Row | None:
    """Return the edit that was undone last, unless another was drawn since."""
    at = {"plan_id": plan.plan_id, "at_seq": plan.at_seq}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(EDIT_TO_REDO, at).fetchone()


def _turn(
    conn: Connection[Any], plan: Plan, actor: str, step: str, edit: Row, at_seq: int,
    replays: Replays | None,
) -> Plan:  # fmt: skip
    """Put an edit in or out of force, if nobody holds the ground that it changes."""
    kept = Replays() if replays is None else replays
    turned = advance(conn, plan, ADVANCE_PLAN, {"at_seq": at_seq})
    change = map_of(conn, turned, kept).since(map_of(conn, plan, kept))
    require_unlocked(conn, plan, actor, change)
    note_step(conn, turned, step, actor, f"edit {edit['seq']}, {edit['kind']}")
    return turned


def advance(conn: Connection[Any], plan: Plan, query: bytes, values: Mapping[str, Any]) -> Plan:
    """Change a plan by a statement that counts its revision, and return it."""
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        found = cursor.execute(query, {"plan_id": plan.plan_id, **values}).fetchone()
    return _one(found, plan.plan_id)


def note_step(conn: Connection[Any], plan: Plan, step: str, actor: str, reason: str = "") -> None:
    """Keep who took which step of a plan, and why; it led to the plan's revision."""
    row = {"plan_id": plan.plan_id, "revision": plan.revision, "step": step, "actor": actor}
    conn.execute(INSERT_STEP, {**row, "reason": reason})


def steps_of(conn: Connection[Any], plan: Plan) -> list[Row]:
    """Return the steps that were taken with a plan, in order: who, when, why."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(STEPS_OF_PLAN, {"plan_id": plan.plan_id}).fetchall()


def draft_of(conn: Connection[Any], plan_id: int, revision: int | None) -> Plan:
    """Return a draft to draw on, held until the transaction ends."""
    plan = get_plan(conn, plan_id, lock=True)
    require_draft(plan)
    require_revision(plan, revision)
    return plan


def delta_of(conn: Connection[Any], plan: Plan, replays: Replays | None = None) -> Delta[Unit]:
    """Return what a plan makes of the units of the version it was drawn on."""
    return change_of(conn, plan, replays).units


def change_of(conn: Connection[Any], plan: Plan, replays: Replays | None = None) -> Change:
    """Return what a plan makes of the version it was drawn on."""
    return map_of(conn, plan, replays).done


def map_of(conn: Connection[Any], plan: Plan, replays: Replays | None = None) -> PlanMap:
    """Return the map as a plan has it, for a further edit to be drawn on."""
    return replay_on(conn, plan.base_version, edits_of(conn, plan), replays)


def replay_on(
    conn: Connection[Any],
    version: int,
    edits: Sequence[Mapping[str, Any]],
    replays: Replays | None = None,
) -> PlanMap:
    """Return the map that edits make of a version; raises `EditRefused` by one that cannot."""
    kept = Replays() if replays is None else replays
    return kept.replay(edits, StoredMap(conn, version), version)
