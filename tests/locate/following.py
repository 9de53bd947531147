"""What the tests of the live city share: publications, and waiting for what they bring about."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import shapely
from psycopg import Connection

from gridgeo.app import FOLLOWERS
from gridgeo.geometry.delta import Delta
from gridgeo.plans import steps
from gridgeo.plans import store as plans
from gridgeo.units import store
from gridgeo.units.publish import Record, publish

DEADLINE_S = 60.0


def publish_move(conn: Connection[Any], number: int) -> None:
    """Publish a plan that moves the inner corner with this number a little."""
    head = store.resolve_version(conn).version
    inside = store.root_unit(conn, head).shape.buffer(-0.001)
    leaves = [u.shape for u in store.all_units(conn, head).values() if u.is_leaf]
    corners = sorted({tuple(p) for s in leaves for p in shapely.get_coordinates(s).tolist()})
    at = [p for p in corners if inside.contains(shapely.Point(p))][number]
    plan = plans.create_plan(conn, "move", None, "test").plan_id
    params = {"at": list(at), "to": [at[0] + 0.000013, at[1] + 0.000007]}
    plans.add_edit(conn, plan, "move_vertex", params, "test")
    for step in ("submit", "approve"):
        steps.take_step(conn, plan, step, "test")
    steps.publish_plan(conn, plan, FOLLOWERS, "test")
    conn.commit()


def publish_rename(conn: Connection[Any], name: str) -> None:
    """Give a township another name."""
    head = store.resolve_version(conn).version
    old = next(u for u in store.all_units(conn, head).values() if u.level == "township")
    delta = Delta({old.code: old}, {old.code: replace(old, name=name)})
    publish(conn, delta, FOLLOWERS, Record("test", head))
    conn.commit()


def until(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; False when it never does."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
