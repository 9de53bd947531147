"""What is said about a plan: free text, at a place and about a unit if said; never changed."""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gridgeo.access.masking import mask
from gridgeo.db.sql import statement
from gridgeo.plans.model import Plan

INSERT_COMMENT = statement(__package__, "insert_comment")
LIST_COMMENTS = statement(__package__, "list_comments")

Row = dict[str, Any]


def add_comment(
    conn: Connection[Any],
    plan: Plan,
    actor: str,
    text: str,
    point: tuple[float, float] | None = None,
    unit_code: str | None = None,
) -> Row:
    """Keep what somebody says, with phone and identity numbers masked; point in lon, lat."""
    lon, lat = point or (None, None)
    row = {"plan_id": plan.plan_id, "actor": actor, "text": mask(text), "unit_code": unit_code}
    with conn.cursor(row_factory=dict_row) as cursor:
        written = cursor.execute(INSERT_COMMENT, {**row, "lon": lon, "lat": lat}).fetchone()
    assert written is not None
    return written


def list_comments(conn: Connection[Any], plan: Plan, after: int | None, limit: int) -> list[Row]:
    """Return comments, oldest first, after a comment."""
    query = {"plan_id": plan.plan_id, "after": after, "limit": limit}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_COMMENTS, query).fetchall()
