"""Parties, rules, categories, channels and duty posts: reading, and writing what no set holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable, UnknownKeyword
from gridgeo.parties.calendars import Calendars
from gridgeo.parties.model import CategoryTree, DutyPost, Party, RuleSet
from gridgeo.parties.rows import calendar_of
from gridgeo.parties.rule_columns import Arrays, Ruling, columns_of
from gridgeo.units.store import read_profile

RULE_SET_AT = statement(__package__, "rule_set_at")
RULES_OF_SET = statement(__package__, "rules_of_set")
PARTIES_OF_SET = statement(__package__, "parties_of_set")
ATTACHMENTS_OF_SET = statement(__package__, "attachments_of_set")
SHIFTS_OF_SET = statement(__package__, "shifts_of_set")
DAYS_OF_SET = statement(__package__, "days_of_set")
MAPPINGS_OF_SET = statement(__package__, "mappings_of_set")
CATEGORY_PARENTS = statement(__package__, "category_parents")
LIST_MODES = statement(__package__, "list_modes")
LIST_PARTIES = statement(__package__, "list_parties")
LIST_RULES = statement(__package__, "list_rules")
PUT_CATEGORY = statement(__package__, "put_category")
PUT_CHANNEL = statement(__package__, "put_channel")
LIST_CATEGORIES = statement(__package__, "list_categories")
LIST_CHANNELS = statement(__package__, "list_channels")
CATEGORY_KNOWN = statement(__package__, "category_known")
ANY_RULE_SET = statement(__package__, "any_rule_set")
PARTIES_KNOWN = statement(__package__, "parties_known")
PARTIES_BY_CODE = statement(__package__, "parties_by_code")
DUTY_POSTS_TAKEN = statement(__package__, "duty_posts_taken")
POSTS_AT = statement(__package__, "posts_at")
ALL_POSTS = statement(__package__, "all_posts")

USUAL_ZONE = "UTC"
"""The zone of a city whose profile names none by `timezone`."""


def rule_set_at(conn: Connection[Any], instant: datetime) -> tuple[int, datetime]:
    """Return the number of the rule set valid at an instant and since when it is valid.

    Before the first set the first one answers; raises `Unavailable` when there is none at all.
    """
    row = conn.execute(RULE_SET_AT, {"instant": instant}).fetchone()
    if row is None:
        raise Unavailable("No responsibility rules have been loaded yet; run `gridgeo up`.")
    return row[0], row[1]


def load_rule_set(
    conn: Connection[Any], number: int, valid_from: datetime, columns: Arrays | None = None
) -> RuleSet:
    """Read a rule set: its rules by scope, in id order, and what they rest on.

    `columns` are what `load_columns` returned for this set; without them they are read.
    """
    ruling = Ruling(load_columns(conn, number) if columns is None else columns)
    return RuleSet(
        number, valid_from, ruling.of_unit, ruling.of_exclusive, ruling.of_asset, ruling.parties,
        ruling.attached, load_categories(conn, number), load_calendars(conn, number),
        {row["mode"]: row["priority"] for row in list_modes(conn)}, ruling.forms,
    )  # fmt: skip


def load_columns(conn: Connection[Any], number: int) -> Arrays:
    """Read the long lists of a rule set: parties, rules, attachments.

    They are asked for at once: while one is read, the server looks up the next.
    """
    long = PARTIES_OF_SET, RULES_OF_SET, ATTACHMENTS_OF_SET
    with conn.pipeline():
        asked = [conn.execute(one, {"rule_set": number}) for one in long]
        return columns_of(*(one.fetchall() for one in asked))


def load_categories(conn: Connection[Any], rule_set: int) -> CategoryTree:
    """Read the classes of all schemes, and which of them a rule set lets stand for another."""
    rows = conn.execute(CATEGORY_PARENTS).fetchall()
    parents = {(s, code): None if up is None else (s, up) for s, code, up in rows}
    mapped = conn.execute(MAPPINGS_OF_SET, {"rule_set": rule_set}).fetchall()
    return CategoryTree(parents, {(a, b): (c, d) for a, b, c, d in mapped})


def load_calendars(conn: Connection[Any], rule_set: int) -> Calendars:
    """Read the city's clock as a rule set has it."""
    query = {"rule_set": rule_set}
    shifts = [calendar_of(row) for row in conn.execute(SHIFTS_OF_SET, query)]
    days = dict(conn.execute(DAYS_OF_SET, query).fetchall())
    return Calendars(city_zone(conn), {calendar.code: calendar for calendar in shifts}, days)


def city_zone(conn: Connection[Any]) -> ZoneInfo:
    """Return the city's time zone, by `timezone` of its profile; raises `Unavailable`."""
    name = str(read_profile(conn).document.get("timezone", USUAL_ZONE))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Unavailable(
            f"The profile names the time zone {name!r}, which nobody knows; write one of the IANA "
            "list, such as Asia/Shanghai."
        ) from error


def has_rules(conn: Connection[Any]) -> bool:
    """Say whether a rule set was ever written."""
    row = conn.execute(ANY_RULE_SET).fetchone()
    assert row is not None
    return bool(row[0])


def parties_known(conn: Connection[Any], codes: Sequence[str]) -> set[str]:
    """Return those codes that a party carries."""
    return {row[0] for row in conn.execute(PARTIES_KNOWN, {"codes": list(codes)})}


def parties_by_code(conn: Connection[Any], codes: Sequence[str]) -> dict[str, Party]:
    """Return the parties that carry these codes, by code."""
    rows = conn.execute(PARTIES_BY_CODE, {"codes": list(codes)})
    return {party.code: party for party in (Party(*row) for row in rows)}


def duty_posts_taken(conn: Connection[Any], codes: Sequence[str]) -> set[str]:
    """Return those codes that a duty post carries already."""
    return {row[0] for row in conn.execute(DUTY_POSTS_TAKEN, {"codes": list(codes)})}


def put_categories(conn: Connection[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write classes of matters: scheme, code, parent_code, name_zh, name_en."""
    with conn.cursor() as cursor:
        cursor.executemany(PUT_CATEGORY, rows)


def put_channels(conn: Connection[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write intake channels: channel, name_zh, name_en, kind."""
    with conn.cursor() as cursor:
        cursor.executemany(PUT_CHANNEL, rows)


def list_categories(conn: Connection[Any]) -> list[dict[str, Any]]:
    """Return all classes of matters by scheme and code."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_CATEGORIES).fetchall()


def list_channels(conn: Connection[Any]) -> list[dict[str, Any]]:
    """Return all intake channels in name order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_CHANNELS).fetchall()


def require_category(conn: Connection[Any], scheme: str, category: str) -> None:
    """Raise `UnknownKeyword` unless the scheme has the class code."""
    row = conn.execute(CATEGORY_KNOWN, {"scheme": scheme, "category": category}).fetchone()
    if row is None or not row[0]:
        raise UnknownKeyword(
            f"The scheme {scheme!r} has no category {category!r}; GET /categories lists them.",
            key="category",
            value=category,
        )


def list_parties(
    conn: Connection[Any], q: str | None, after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return parties in code order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_PARTIES, {"q": q, "after": after, "limit": limit}).fetchall()


def list_rules(
    conn: Connection[Any], rule_set: int, unit: str | None, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return rules of a set in id order."""
    query = {"rule_set": rule_set, "unit": unit, "after": after, "limit": limit}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_RULES, query).fetchall()


def copy_duty_posts(conn: Connection[Any], rows: Iterable[Sequence[object]]) -> None:
    """Write duty posts: code, kind, unit_id, EWKB point, synthetic."""
    with (
        conn.cursor() as cursor,
        cursor.copy("COPY duty_post (code, kind, unit_id, geom, synthetic) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def posts_at(
    conn: Connection[Any],
    unit_ids: Sequence[int],
    exclusive_ids: Sequence[int],
    instant: datetime,
) -> list[DutyPost]:
    """Return the duty posts of units and exclusive grids, valid at an instant, in code order."""
    query = {
        "unit_ids": list(unit_ids), "exclusive_ids": list(exclusive_ids), "instant": instant,
    }  # fmt: skip
    with conn.cursor(row_factory=class_row(DutyPost)) as cursor:
        return cursor.execute(POSTS_AT, query).fetchall()


def all_posts(conn: Connection[Any]) -> list[DutyPost]:
    """Return all duty posts in code order."""
    with conn.cursor(row_factory=class_row(DutyPost)) as cursor:
        return cursor.execute(ALL_POSTS).fetchall()


def list_modes(conn: Connection[Any]) -> list[dict[str, Any]]:
    """Return the operating modes, the lowest priority first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST_MODES).fetchall()
