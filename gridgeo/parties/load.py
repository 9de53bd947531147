"""Rule documents in and out of the database: all or nothing, and by sets rather than by rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gridgeo.db.sql import statement
from gridgeo.parties.changing import (
    LOCK_RULES,
    RULES_LOCK,
    changes_of_set,
    publish_changes,
)
from gridgeo.parties.checks.known import Known
from gridgeo.parties.files.document import (
    ATTACHMENTS,
    DAYS,
    MAPPINGS,
    PARTIES,
    POSTS,
    RULES,
    SHAPE,
    SHIFTS,
    RuleDocument,
)
from gridgeo.parties.files.tables import Row
from gridgeo.parties.files.writing import document_tables
from gridgeo.parties.model import DutyPost
from gridgeo.parties.store import all_posts, city_zone, list_modes, load_categories
from gridgeo.units.store import exclusive_ids, unit_ids

KNOWN_UNITS = statement(__package__, "known_units")
KNOWN_EXCLUSIVE = statement(__package__, "known_exclusive")
KNOWN_ASSETS = statement(__package__, "known_assets")
KNOWN_PARTIES = statement(__package__, "known_parties")
STAGE_POSTS = statement(__package__, "stage_posts")
PUT_STAGED_POSTS = statement(__package__, "put_staged_posts")
LIST_RULE_SETS = statement(__package__, "list_rule_sets")

LIVE = "the live rules"
"""Stands for the file of what is live."""

NO_SET = 0
"""Before the first rule set."""

FIELDS: Mapping[str, str] = {
    PARTIES: "parties",
    ATTACHMENTS: "attached",
    SHIFTS: "shifts",
    DAYS: "days",
    MAPPINGS: "mappings",
    RULES: "rules",
}
"""Which field of a change set holds the rows of a table."""


def lock_rules(conn: Connection[Any]) -> None:
    """Keep others from changing rules until the transaction ends."""
    conn.execute(LOCK_RULES, {"key": RULES_LOCK})


def known_city(conn: Connection[Any]) -> Known:
    """Return what a rule document may name: the live map, assets, classes, modes, parties."""
    return Known(
        parents=dict(conn.execute(KNOWN_UNITS).fetchall()),
        exclusive=frozenset(row[0] for row in conn.execute(KNOWN_EXCLUSIVE)),
        assets={kind: frozenset(names) for kind, names in conn.execute(KNOWN_ASSETS)},
        categories=load_categories(conn, NO_SET).parents,
        modes=frozenset(row["mode"] for row in list_modes(conn)),
        parties={code: kind for code, kind, _ in conn.execute(KNOWN_PARTIES)},
        zone=city_zone(conn),
    )


def document_of_set(conn: Connection[Any], rule_set: int | None = None) -> RuleDocument:
    """Return a rule set as a document, the newest without a number, with the duty posts of now.

    Its rows are not there yet; `with_rows` adds them.
    """
    changes = changes_of_set(conn, rule_set)
    made_up = {code: synthetic for code, _, synthetic in conn.execute(KNOWN_PARTIES)}
    changes = replace(
        changes,
        parties=[replace(party, synthetic=made_up[party.code]) for party in changes.parties],
        rules=list(changes.rules),
        attached=list(changes.attached),
        shifts=list(changes.shifts),
        mappings=list(changes.mappings),
    )
    return RuleDocument(changes, all_posts(conn))


def with_rows(document: RuleDocument, zone: tzinfo, name: str = LIVE) -> RuleDocument:
    """Return a document with the rows that it would have in a file of a name."""
    return replace(document, rows=_rows(document, zone, name, SHAPE))


def list_rule_sets(
    conn: Connection[Any], limit: int, number: int | None = None
) -> list[dict[str, Any]]:
    """Return rule sets, the newest first, or the one of a number: number, when, who, note."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_RULE_SETS, {"limit": limit, "number": number}).fetchall()


def _rows(
    document: RuleDocument, zone: tzinfo, name: str, tables: Iterable[str]
) -> dict[str, list[Row]]:
    written = document_tables(document.changes, document.posts, zone)
    return {
        table: [
            Row(f"{name}, {table}", number, dict(zip(SHAPE[table], cells, strict=True)))
            for number, cells in enumerate(written[table], start=1)
        ]
        for table in tables
    }


def completed(document: RuleDocument, live: RuleDocument, zone: tzinfo) -> RuleDocument:
    """Return a document with the tables that it leaves out as they stand live."""
    missing = [table for table in SHAPE if table not in document.tables]
    kept: dict[str, Any] = {
        FIELDS[table]: getattr(live.changes, FIELDS[table]) for table in missing if table in FIELDS
    }
    rows = _rows(live, zone, LIVE, missing) if missing else {}
    return RuleDocument(
        replace(document.changes, **kept),
        live.posts if POSTS in missing else document.posts,
        {**document.rows, **rows},
    )


def load_document(
    conn: Connection[Any], document: RuleDocument, live: RuleDocument, actor: str, note: str = ""
) -> int:
    """Make a sound, complete document the next rule set; returns its number.

    Parties and duty posts that it does not name stay, and those that are as in the live document
    are not written again; of everything else just what it says holds.
    """
    parties = set(live.changes.parties)
    told = [party for party in document.changes.parties if party not in parties]
    number = publish_changes(conn, replace(document.changes, parties=told), actor, note)
    if document.posts is not live.posts:
        posts = set(live.posts)
        put_posts(conn, [post for post in document.posts if post not in posts])
    return number


def put_posts(conn: Connection[Any], posts: Sequence[DutyPost]) -> None:
    """Write duty posts by their codes, also hundreds of thousands."""
    units = unit_ids(conn, {post.unit_code for post in posts if post.unit_code})
    exclusive = exclusive_ids(conn, {post.exclusive_code for post in posts if post.exclusive_code})
    with conn.transaction(), conn.cursor() as cursor:
        cursor.execute(STAGE_POSTS)
        with cursor.copy("COPY staged_post FROM STDIN") as copy:
            for post in posts:
                copy.write_row(
                    (post.code, post.kind, units.get(post.unit_code or ""),
                     exclusive.get(post.exclusive_code or ""), post.role, post.contact, post.ref,
                     post.shift_calendar, post.shift)
                )  # fmt: skip
        cursor.execute(PUT_STAGED_POSTS)


def copy_posts(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write new duty posts: code, kind, unit_id, EWKB point, synthetic, calendar and shift."""
    with (
        conn.cursor() as cursor,
        cursor.copy(
            "COPY duty_post (code, kind, unit_id, geom, synthetic, shift_calendar, shift) "
            "FROM STDIN"
        ) as copy,
    ):
        for row in rows:
            copy.write_row(row)
