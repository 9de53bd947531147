"""The maps that a diff is asked for by name: a version, a plan."""

import re
from typing import Any

from psycopg import Connection

from gridgeo.errors import BadInput, NotFound
from gridgeo.plans.model import Plan
from gridgeo.plans.replays import Replays
from gridgeo.plans.sides import Side
from gridgeo.plans.store import change_of, get_plan
from gridgeo.units import store


def version_side(conn: Connection[Any], number: int) -> Side:
    """Return a published version; raises `NotFound`."""
    if not 1 <= number < 2**31:
        raise NotFound(f"There is no map version {number}.", key="version", value=number)
    return Side(store.resolve_version(conn, str(number)).version)


def plan_side(conn: Connection[Any], plan: Plan, replays: Replays | None = None) -> Side:
    """Return the map as a plan has it."""
    return Side(plan.base_version, change_of(conn, plan, replays))


def named_side(conn: Connection[Any], name: str, replays: Replays | None = None) -> Side:
    """Return the map that a word names: `3` is a version, `plan:7` a plan.

    Raises
    ------
    BadInput
        The word is neither.
    NotFound
        There is no such version or plan.
    """
    found = re.fullmatch(r"(plan:)?([0-9]{1,9})", name)
    if found is None:
        raise BadInput(
            "against must be a version number such as 3, or a plan such as plan:7.",
            key="against",
            value=name,
        )
    number = int(found[2])
    if found[1] is None:
        return version_side(conn, number)
    return plan_side(conn, get_plan(conn, number), replays)
