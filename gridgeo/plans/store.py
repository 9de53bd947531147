"""Plans: keeping them, and carrying them to a publication."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Json

from gridgeo.db.sql import statement
from gridgeo.errors import Conflict, NotFound, Refused, VersionConflict
from gridgeo.geometry.delta import Delta
from gridgeo.plans.forms import read_edit
from gridgeo.plans.model import Box, Plan, PlanMap, next_state, replay, require_draft
from gridgeo.units import store as units
from gridgeo.units.model import Profile, Unit
from gridgeo.units.publish import Follower, Record, publish

INSERT_PLAN = statement(__package__, "insert_plan")
PLAN_BY_ID = statement(__package__, "plan_by_id")
LOCK_PLAN = statement(__package__, "lock_plan")
LIST_PLANS = statement(__package__, "list_plans")
UPDATE_PLAN = statement(__package__, "update_plan")
INSERT_EDIT = statement(__package__, "insert_edit")
EDITS_OF_PLAN = statement(__package__, "edits_of_plan")
CODES_GIVEN = statement(__package__, "codes_given")

MAX_EDITS = 1_000


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


def edits_of(conn: Connection[Any], plan_id: int) -> list[dict[str, Any]]:
    """Return the edits of a plan in order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(EDITS_OF_PLAN, {"plan_id": plan_id}).fetchall()


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
) -> Plan:
    """Append an edit to a draft; see `draw`."""
    return draw(conn, plan_id, kind, params, actor, revision)[0]


def draw(
    conn: Connection[Any],
    plan_id: int,
    kind: str,
    params: Mapping[str, Any],
    actor: str,
    revision: int | None = None,
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
    plan = get_plan(conn, plan_id, lock=True)
    require_draft(plan)
    require_revision(plan, revision)
    before = edits_of(conn, plan_id)
    if len(before) >= MAX_EDITS:
        raise Conflict(f"Plan {plan_id} has {MAX_EDITS} edits, the most that one plan takes.")
    drawn = _replay(conn, plan, [*before, {"kind": kind, "params": params}])
    conn.execute(
        INSERT_EDIT, {"plan_id": plan_id, "kind": kind, "params": Json(params), "actor": actor}
    )
    return _update(conn, plan, plan.state), drawn


def delta_of(conn: Connection[Any], plan: Plan) -> Delta[Unit]:
    """Return what a plan makes of the version it was drawn on."""
    return map_of(conn, plan).done


def map_of(conn: Connection[Any], plan: Plan) -> PlanMap:
    """Return the map as a plan has it, for a further edit to be drawn on."""
    return _replay(conn, plan, edits_of(conn, plan.plan_id))


def _replay(conn: Connection[Any], plan: Plan, edits: Iterable[Mapping[str, Any]]) -> PlanMap:
    found = [read_edit(edit["kind"], edit["params"]) for edit in edits]
    return replay(found, _Base(conn, plan.base_version))


@dataclass(frozen=True)
class _Base:
    """A version, read as an edit needs it."""

    conn: Connection[Any]
    version: int

    @cached_property
    def profile(self) -> Profile:
        return units.read_profile(self.conn)

    @cached_property
    def root(self) -> Unit:
        return units.root_unit(self.conn, self.version)

    def around(self, box: Box) -> Mapping[str, Unit]:
        return units.units_in_box(self.conn, self.version, box)

    def family(self, codes: Collection[str]) -> Mapping[str, Unit]:
        return units.children_of(self.conn, self.version, codes)

    def codes_given(self, beginning: str) -> Collection[str]:
        return {row[0] for row in self.conn.execute(CODES_GIVEN, {"beginning": beginning})}


def take_step(conn: Connection[Any], plan_id: int, step: str, revision: int | None = None) -> Plan:
    """Take a plan to its next state by `submit`, `approve`, `reject` or `withdraw`."""
    plan = get_plan(conn, plan_id, lock=True)
    require_revision(plan, revision)
    return _update(conn, plan, next_state(plan, step))


def publish_plan(
    conn: Connection[Any],
    plan_id: int,
    followers: Iterable[Follower],
    actor: str,
    revision: int | None = None,
) -> Plan:
    """Publish an approved plan as the next map version, in the caller's transaction.

    Raises
    ------
    VersionConflict
        The map has moved on since the plan was drawn.
    Refused
        The plan is empty, or would break a law.
    """
    plan = get_plan(conn, plan_id, lock=True)
    require_revision(plan, revision)
    state = next_state(plan, "publish")
    head = units.resolve_version(conn)
    if head.version != plan.base_version:
        raise VersionConflict(
            f"Plan {plan_id} was drawn on version {plan.base_version}; since then version "
            f"{head.version} was published by {head.actor} ({head.note or 'no note'}).",
            key="base_version",
            value=plan.base_version,
        )
    delta = delta_of(conn, plan)
    if not delta:
        raise Refused(f"Plan {plan_id} changes nothing; add an edit first.")
    record = Record(
        actor=actor,
        base=plan.base_version,
        note=plan.title,
        document_no=plan.document_no,
        synthetic=head.synthetic,
    )
    version = publish(conn, delta, followers, record)
    return _update(conn, plan, state, version.version)


def _update(
    conn: Connection[Any], plan: Plan, state: str, published_version: int | None = None
) -> Plan:
    row = {"plan_id": plan.plan_id, "state": state, "published_version": published_version}
    with conn.cursor(row_factory=class_row(Plan)) as cursor:
        return _one(cursor.execute(UPDATE_PLAN, row).fetchone(), plan.plan_id)
