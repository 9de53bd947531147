"""Parties, rules, categories, channels and duty posts: reading and writing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from gridgeo.db.cache import ImmutableCache
from gridgeo.db.sql import statement
from gridgeo.errors import Unavailable, UnknownKeyword
from gridgeo.parties.model import NewParty, NewRule, Party, ResponsibilityRule, RuleSet

INSERT_PARTY = statement(__package__, "insert_party")
INSERT_RULE = statement(__package__, "insert_rule")
CLOSE_RULES = statement(__package__, "close_rules")
INSERT_RULE_SET = statement(__package__, "insert_rule_set")
NOTIFY_RULES = statement(__package__, "notify_rules")
RULE_SET_AT = statement(__package__, "rule_set_at")
RULES_OF_SET = statement(__package__, "rules_of_set")
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
SET_CONTACT = statement(__package__, "set_contact")
DUTY_POSTS_TAKEN = statement(__package__, "duty_posts_taken")

RuleSets = ImmutableCache[int, RuleSet]
"""Rule sets kept in memory by number; a set never changes once valid."""


def rules_at(conn: Connection[Any], cache: RuleSets, instant: datetime) -> RuleSet:
    """Return the rule set valid at an instant, from memory or from the database."""
    number, valid_from = rule_set_at(conn, instant)
    return cache.get(number, lambda: load_rule_set(conn, number, valid_from))


def rule_set_at(conn: Connection[Any], instant: datetime) -> tuple[int, datetime]:
    """Return the number of the rule set valid at an instant and since when it is valid.

    Before the first set the first one answers; raises `Unavailable` when there is none at all.
    """
    row = conn.execute(RULE_SET_AT, {"instant": instant}).fetchone()
    if row is None:
        raise Unavailable("No responsibility rules have been loaded yet; run `gridgeo up`.")
    return row[0], row[1]


def load_rule_set(conn: Connection[Any], number: int, valid_from: datetime) -> RuleSet:
    """Read all rules of a set, grouped by scope, in id order."""
    of_unit: dict[int, list[ResponsibilityRule]] = {}
    of_exclusive: dict[int, list[ResponsibilityRule]] = {}
    for row in conn.execute(RULES_OF_SET, {"rule_set": number}):
        rule_id, unit_id, exclusive_id, scheme, category, role, *party = row
        rule = ResponsibilityRule(
            rule_id, unit_id, exclusive_id, scheme, category, role, Party(*party)
        )
        if rule.scope_unit_id is not None:
            of_unit.setdefault(rule.scope_unit_id, []).append(rule)
        elif rule.scope_exclusive_id is not None:
            of_exclusive.setdefault(rule.scope_exclusive_id, []).append(rule)
    return RuleSet(number, valid_from, of_unit, of_exclusive)


def publish_rules(
    conn: Connection[Any], parties: Iterable[NewParty], rules: Sequence[NewRule], actor: str,
    note: str, keep: bool = False,
) -> int:  # fmt: skip
    """Write new parties and a new rule set; returns its number.

    The set holds just these rules, or with `keep` also those that hold already.
    """
    with conn.cursor() as cursor:
        cursor.executemany(INSERT_PARTY, [asdict(party) for party in parties])
        row = cursor.execute(INSERT_RULE_SET, {"actor": actor, "note": note}).fetchone()
        assert row is not None
        if not keep:
            cursor.execute(CLOSE_RULES, {"rule_set": row[0]})
        cursor.executemany(INSERT_RULE, [{**asdict(rule), "rule_set": row[0]} for rule in rules])
        cursor.execute(NOTIFY_RULES, {"rule_set": row[0]})
    return int(row[0])


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


def set_contacts(conn: Connection[Any], contacts: Mapping[str, str]) -> None:
    """Write how parties are reached, by party code; an unknown code changes nothing."""
    with conn.cursor() as cursor:
        cursor.executemany(
            SET_CONTACT,
            [{"code": code, "contact": contact} for code, contact in contacts.items()],
        )


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
