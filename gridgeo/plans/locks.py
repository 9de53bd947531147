"""Locks on parts of the map: while one is held, nobody else's plan changes anything below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from gridgeo.db.sql import statement
from gridgeo.errors import Locked, NotFound
from gridgeo.geometry.delta import Delta
from gridgeo.plans.model import Plan
from gridgeo.units import store as units
from gridgeo.units.lineage import same_but_for_nodes
from gridgeo.units.model import Unit

LOCK_LOCKS = statement(__package__, "lock_locks")
LOCKS_MET = statement(__package__, "locks_met")
LOCKS_OF_PLAN = statement(__package__, "locks_of_plan")
INSERT_LOCK = statement(__package__, "insert_lock")
RELEASE_LOCKS = statement(__package__, "release_locks")

LOCKS_LOCK = 0x6C6F636B  # "lock": the advisory lock of those who take locks


@dataclass(frozen=True, slots=True)
class PlanLock:
    """A unit that a plan holds, or with `only_actor` one hand within the plan."""

    plan_id: int
    title: str
    actor: str
    only_actor: bool
    taken_at: datetime
    code: str


def locks_of(conn: Connection[Any], plan: Plan) -> list[PlanLock]:
    """Return the locks that a plan holds, in code order."""
    with conn.cursor(row_factory=class_row(PlanLock)) as cursor:
        return cursor.execute(LOCKS_OF_PLAN, {"plan_id": plan.plan_id}).fetchall()


def take_locks(
    conn: Connection[Any], plan: Plan, codes: Sequence[str], actor: str, only_actor: bool = False
) -> None:
    """Lock units of the live map, and all below them, for a plan, or for one hand in it.

    A unit that the plan holds already, also from above, stays as it is held.

    Raises
    ------
    NotFound
        There is no such unit in the live map.
    Locked
        Another plan, or another hand in this plan, holds it, or a unit above or below it.
    """
    conn.execute(LOCK_LOCKS, {"key": LOCKS_LOCK})
    head = units.resolve_version(conn).version
    for code in codes:
        unit_id = units.unit_row(conn, head, code)["unit_id"]
        met = _met(conn, head, [unit_id], below=True)
        _refuse_others(met, plan, actor)
        if code not in {lock.code for lock in met}:
            row = {"unit_id": unit_id, "plan_id": plan.plan_id, "actor": actor}
            conn.execute(INSERT_LOCK, {**row, "only_actor": only_actor})


def release_locks(
    conn: Connection[Any], plan: Plan, actor: str, codes: Sequence[str] | None, may_all: bool
) -> None:
    """Let go the locks of a plan on these units, or all of them.

    Raises
    ------
    NotFound
        The plan holds no lock on such a unit.
    Locked
        Somebody else took it, and the caller may not let go all (`may_all`).
    """
    held = locks_of(conn, plan)
    chosen = held if codes is None else [lock for lock in held if lock.code in codes]
    missing = set(codes or ()) - {lock.code for lock in chosen}
    if missing:
        code = min(missing)
        raise NotFound(f"Plan {plan.plan_id} holds no lock on {code!r}.", key="codes", value=code)
    for lock in chosen:
        if lock.actor != actor and not may_all:
            raise Locked(
                f"{lock.actor} holds the lock on {lock.code}; ask there, or an operator.",
                key="codes",
                value=lock.code,
            )
    ids = list(units.unit_ids(conn, [lock.code for lock in chosen]).values())
    conn.execute(RELEASE_LOCKS, {"plan_id": plan.plan_id, "unit_ids": ids})


def release_all(conn: Connection[Any], plan: Plan) -> None:
    """Let go whatever a plan holds, at its end."""
    conn.execute(RELEASE_LOCKS, {"plan_id": plan.plan_id, "unit_ids": None})


def require_unlocked(conn: Connection[Any], plan: Plan, actor: str, change: Delta[Unit]) -> None:
    """Raise `Locked`, naming the holder, when a change lies in what somebody else holds.

    New vertices on the border of a unit (noding) are no change of it.
    """
    concerned = [
        side[code]
        for code in change.codes
        for side in (change.old, change.new)
        if code in side and _is_changed(change, code)
    ]
    codes = {unit.code for unit in concerned}
    codes |= {unit.parent_code for unit in concerned if unit.parent_code is not None}
    ids = list(units.unit_ids(conn, codes).values())
    _refuse_others(_met(conn, plan.base_version, ids, below=False), plan, actor)


def _met(
    conn: Connection[Any], version: int, unit_ids: Sequence[int], below: bool
) -> list[PlanLock]:
    """Return the locks on units, on those above them and, if asked, on those below them."""
    query = {"version": version, "unit_ids": list(unit_ids), "below": below}
    with conn.cursor(row_factory=class_row(PlanLock)) as cursor:
        return cursor.execute(LOCKS_MET, query).fetchall()


def _refuse_others(met: Sequence[PlanLock], plan: Plan, actor: str) -> None:
    for lock in met:
        if lock.plan_id != plan.plan_id:
            whose = f"plan {lock.plan_id} ({lock.title!r})"
        elif lock.only_actor and lock.actor != actor:
            whose = "one hand in this plan"
        else:
            continue
        raise Locked(
            f"Unit {lock.code} is locked by {lock.actor} for {whose} since "
            f"{lock.taken_at:%Y-%m-%d %H:%M}; wait until it is let go, or ask there.",
            key="code",
            value=lock.code,
        )


def _is_changed(change: Delta[Unit], code: str) -> bool:
    old, new = change.old.get(code), change.new.get(code)
    if old is None or new is None:
        return True
    return old.attributes != new.attributes or not same_but_for_nodes(old, new)
