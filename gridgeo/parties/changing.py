"""Changing who answers for what: a change set becomes one rule set, all or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from psycopg import Connection, Cursor, sql
from psycopg.types.json import Jsonb
from psycopg.types.range import Int4Range

from gridgeo.db.sql import statement
from gridgeo.parties.change import NOTHING_HELD, Change, Holding, change_of
from gridgeo.parties.model import RuleSet
from gridgeo.parties.refusing import place_ids, refuse_faults
from gridgeo.parties.store import (
    ATTACHMENTS_OF_SET,
    load_rule_set,
    parties_by_code,
)
from gridgeo.parties.written import CategoryMapping, ChangeSet, NewAttachment, NewParty, NewRule
from gridgeo.parties.written_rows import RULE_COLUMNS, as_written, rule_row, shifts_document

LOCK_RULES = statement(__package__, "lock_rules")
LATEST_RULE_SET = statement(__package__, "latest_rule_set")
INSERT_RULE_SET = statement(__package__, "insert_rule_set")
NOTIFY_RULES = statement(__package__, "notify_rules")
PUT_PARTY = statement(__package__, "put_party")
SET_SUPERIOR = statement(__package__, "set_superior")
KEEP_PARTY_PAST = statement(__package__, "keep_party_past")
CLOSE_RULES = statement(__package__, "close_rules")
CLOSE_ATTACHMENTS = statement(__package__, "close_attachments")
CLOSE_SHIFTS = statement(__package__, "close_shifts")
CLOSE_DAYS = statement(__package__, "close_days")
CLOSE_MAPPINGS = statement(__package__, "close_mappings")
INSERT_SHIFTS = statement(__package__, "insert_shifts")
INSERT_DAY = statement(__package__, "insert_day")
INSERT_MAPPING = statement(__package__, "insert_mapping")
CODES_OF_UNITS = statement(__package__, "codes_of_units")
CODES_OF_EXCLUSIVE = statement(__package__, "codes_of_exclusive")

RULES_LOCK = 0x67726964_72756C65
"""The advisory lock that a change of rules holds until it commits ("gridrule")."""

ATTACHMENT_COLUMNS = ("rule_sets", "party_id", "unit_id", "exclusive_id", "role")


def publish_changes(
    conn: Connection[Any], changes: ChangeSet, actor: str, note: str = "", *, complete: bool = True
) -> int:
    """Make the next rule set of a change set, and tell every worker at the commit; its number.

    Raises
    ------
    Refused
        The change set names what is not there, or (with `complete`) leaves the city itself without
        a rule that holds for every matter, mode and time; `problems` lists all faults, and nothing
        is changed.
    """
    conn.execute(LOCK_RULES, {"key": RULES_LOCK})
    before = holding(conn)
    change = change_of(changes, before)
    refuse_faults(conn, change, before, complete=complete)
    row = conn.execute(INSERT_RULE_SET, {"actor": actor, "note": note}).fetchone()
    assert row is not None
    number = int(row[0])
    _put_parties(conn, change.parties, before, number)
    _close(conn, change, number)
    _insert(conn, change, number)
    conn.execute(NOTIFY_RULES, {"rule_set": number})
    return number


def publish_rules(
    conn: Connection[Any], parties: Iterable[NewParty], rules: Sequence[NewRule], actor: str,
    note: str, keep: bool = False,
) -> int:  # fmt: skip
    """Write parties and a new rule set; returns its number.

    The rules of the set are just these, or with `keep` also those that hold already.
    """
    ended = () if keep else tuple(holding(conn).rules)
    changes = ChangeSet(parties=tuple(parties), rules=tuple(rules), end_rules=ended)
    return publish_changes(conn, changes, actor, note, complete=False)


def set_contacts(conn: Connection[Any], contacts: Mapping[str, str], actor: str) -> None:
    """Write how parties are reached, by party code, as a rule set; an unknown code does nothing."""
    said = {party.code: party for party in changes_of_set(conn).parties}
    changed = [
        replace(said[code], contact=contact)
        for code, contact in contacts.items()
        if code in said and said[code].contact != contact
    ]
    if changed:
        publish_changes(conn, ChangeSet(parties=changed), actor, "contacts", complete=False)


def changes_of_set(conn: Connection[Any], rule_set: int | None = None) -> ChangeSet:
    """Return a whole rule set as written, the newest without a number; parties are all there are.

    Publishing it again changes nothing.
    """
    held = holding(conn, rule_set)
    codes = {party.party_id: party.code for party in held.parties.values()}
    parties = [
        NewParty(
            party.code, party.name, party.kind, party.contact,
            superior_code=None if party.superior_id is None else codes[party.superior_id],
        )
        for party in sorted(held.parties.values(), key=lambda party: party.code)
    ]  # fmt: skip
    return ChangeSet(
        parties,
        tuple(held.rules.values()),
        tuple(held.attached.values()),
        tuple(held.shifts.values()),
        held.days,
        tuple(held.mappings.values()),
        replace=True,
    )


def holding(conn: Connection[Any], rule_set: int | None = None) -> Holding:
    """Return what holds in a rule set, the newest without a number; nothing before the first."""
    row = conn.execute(LATEST_RULE_SET).fetchone()
    if row is None:
        return NOTHING_HELD
    number = row[0] if rule_set is None else rule_set
    rules = load_rule_set(conn, number, row[1])
    rows = conn.execute(ATTACHMENTS_OF_SET, {"rule_set": number}).fetchall()
    units, exclusive = _codes(conn, rules, rows)
    ruled = sorted(rules.rules(), key=lambda rule: rule.rule_id)
    return Holding(
        {rule.rule_id: as_written(rule, units, exclusive) for rule in ruled},
        {
            attachment_id: NewAttachment(
                rules.parties[party_id].code, units.get(unit), exclusive.get(grid), role
            )
            for attachment_id, party_id, unit, grid, role in rows
        },
        rules.calendars.shifts,
        rules.calendars.days,
        {own: CategoryMapping(*own, *other) for own, other in rules.categories.same_as.items()},
        {party.code: party for party in rules.parties.values()},
    )


def _codes(
    conn: Connection[Any], rules: RuleSet, attached: Iterable[Sequence[Any]]
) -> tuple[dict[int, str], dict[int, str]]:
    units, exclusive = set(rules.of_unit), set(rules.of_exclusive)
    for _, _, unit, grid, _ in attached:
        units |= {unit} - {None}
        exclusive |= {grid} - {None}
    return (
        dict(conn.execute(CODES_OF_UNITS, {"ids": list(units)}).fetchall()),
        dict(conn.execute(CODES_OF_EXCLUSIVE, {"ids": list(exclusive)}).fetchall()),
    )


# --- writing ------------------------------------------------------------------------------------


def _put_parties(
    conn: Connection[Any], parties: Sequence[NewParty], before: Holding, number: int
) -> None:
    codes = [party.code for party in parties]
    superiors = [
        {"code": party.code, "superior_code": party.superior_code}
        for party in parties
        if party.superior_code is not None or party.code in before.parties
    ]
    with conn.cursor() as cursor:
        cursor.execute(KEEP_PARTY_PAST, {"rule_set": number, "codes": codes})
        cursor.executemany(PUT_PARTY, [asdict(party) for party in parties])
        cursor.executemany(SET_SUPERIOR, superiors)


def _close(conn: Connection[Any], change: Change, number: int) -> None:
    keys = [f"{scheme} {category}" for scheme, category in change.end_mappings]
    conn.execute(CLOSE_RULES, {"rule_set": number, "ids": list(change.end_rules)})
    conn.execute(CLOSE_ATTACHMENTS, {"rule_set": number, "ids": list(change.end_attached)})
    conn.execute(CLOSE_SHIFTS, {"rule_set": number, "keys": list(change.end_shifts)})
    conn.execute(CLOSE_DAYS, {"rule_set": number, "keys": list(change.end_days)})
    conn.execute(CLOSE_MAPPINGS, {"rule_set": number, "keys": keys})


def _insert(conn: Connection[Any], change: Change, number: int) -> None:
    units, exclusive = place_ids(conn, change)
    said = {rule.party_code for rule in change.rules} | {
        rule.reports_to_code for rule in change.rules
    }
    said |= {attachment.party_code for attachment in change.attached}
    found = parties_by_code(conn, [code for code in said if code is not None])
    parties = {code: party.party_id for code, party in found.items()}
    held = Int4Range(number, None)
    with conn.cursor() as cursor:
        _copy(
            cursor, "responsibility_rule", RULE_COLUMNS,
            (rule_row(rule, held, units, exclusive, parties) for rule in change.rules),
        )  # fmt: skip
        _copy(
            cursor, "party_attachment", ATTACHMENT_COLUMNS,
            (
                (held, parties[one.party_code], units.get(one.unit_code or ""),
                 exclusive.get(one.exclusive_code or ""), one.role)
                for one in change.attached
            ),
        )  # fmt: skip
        cursor.executemany(
            INSERT_SHIFTS,
            [
                {
                    "rule_set": number, "code": calendar.code, "name": calendar.name,
                    "shifts": Jsonb(shifts_document(calendar.shifts)),
                }
                for calendar in change.shifts
            ],
        )  # fmt: skip
        days = change.days.items()
        cursor.executemany(
            INSERT_DAY, [{"rule_set": number, "day": day, "kind": kind} for day, kind in days]
        )
        cursor.executemany(
            INSERT_MAPPING, [{"rule_set": number, **asdict(one)} for one in change.mappings]
        )


def _copy(
    cursor: Cursor[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
