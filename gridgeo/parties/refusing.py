"""What is wrong with a change of the rules: every fault at once, before anything is written."""

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.errors import Refused
from gridgeo.parties.change import Change, Holding
from gridgeo.parties.store import list_categories, list_modes
from gridgeo.parties.written import NewAttachment, NewRule
from gridgeo.units.store import head_version, root_unit, unit_ids

LIVE_EXCLUSIVE_IDS = statement(__package__, "live_exclusive_ids")

Fault = dict[str, object]
"""Where it is, the key and value to blame, and a sentence."""


def place_ids(conn: Connection[Any], change: Change) -> tuple[dict[str, int], dict[str, int]]:
    """Return the ids of the units and of the live exclusive grids that are named, by code."""
    places: list[NewRule | NewAttachment] = [*change.rules, *change.attached]
    codes = {place.exclusive_code for place in places if place.exclusive_code is not None}
    found = conn.execute(LIVE_EXCLUSIVE_IDS, {"codes": list(codes)}).fetchall()
    units = unit_ids(conn, {place.unit_code for place in places if place.unit_code is not None})
    return units, dict(found)


def refuse_faults(
    conn: Connection[Any], change: Change, before: Holding, *, complete: bool
) -> None:
    """Raise `Refused` with everything that is wrong with a change."""
    faults = [*_unknown(conn, change, before)]
    if complete and not faults:
        faults += _nobody(conn, change, before)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise Refused(f"The rules were not changed: {faults[0]['detail']}{more}", problems=faults)


def _unknown(conn: Connection[Any], change: Change, before: Holding) -> Iterator[Fault]:
    units, exclusive = place_ids(conn, change)
    parties = before.parties.keys() | {party.code for party in change.parties}
    classes = {(row["scheme"], row["code"]) for row in list_categories(conn)}
    modes = {row["mode"] for row in list_modes(conn)}
    calendars = {**before.shifts, **{calendar.code: calendar for calendar in change.shifts}}
    gone = set(change.end_shifts) - {calendar.code for calendar in change.shifts}
    shifts = {
        (code, shift.name)
        for code, calendar in calendars.items()
        if code not in gone
        for shift in calendar.shifts
    }
    for place, party in enumerate(change.parties):
        where = f"parties[{place}]"
        yield from _missing(where, "party", party.superior_code, parties)
    for place, one in enumerate(change.attached):
        where = f"attached[{place}]"
        yield from _missing(where, "party", one.party_code, parties)
        yield from _missing(where, "unit", one.unit_code, units)
        yield from _missing(where, "exclusive_grid", one.exclusive_code, exclusive)
        if (one.unit_code is None) == (one.exclusive_code is None):
            yield _fault(where, "place", None, "give a unit or an exclusive grid, one of them")
    for place, mapping in enumerate(change.mappings):
        where = f"mappings[{place}]"
        yield from _missing(where, "category", (mapping.scheme, mapping.category), classes)
        yield from _missing(where, "category", (mapping.to_scheme, mapping.to_category), classes)
    for place, rule in enumerate(change.rules):
        where = f"rules[{place}]"
        yield from _missing(where, "party", rule.party_code, parties)
        yield from _missing(where, "party", rule.reports_to_code, parties)
        yield from _missing(where, "unit", rule.unit_code, units)
        yield from _missing(where, "exclusive_grid", rule.exclusive_code, exclusive)
        yield from _missing(where, "mode", rule.mode, modes)
        yield from _missing(where, "shift", rule.when.shift, shifts)
        if rule.category_scheme is not None or rule.category is not None:
            of_rule = (rule.category_scheme, rule.category)
            yield from _missing(where, "category", of_rule, classes)
        yield from _malformed(where, rule)
    for rule_id in change.end_rules:
        yield from _missing("end_rules", "rule", rule_id, before.rules)


def _missing(where: str, what: str, value: object, known: Container[Any]) -> Iterator[Fault]:
    if value is not None and value not in known:
        said = " ".join(map(str, value)) if isinstance(value, tuple) else value
        yield _fault(where, what, said, f"there is no {what} {said}")


def _malformed(where: str, rule: NewRule) -> Iterator[Fault]:
    scopes = (rule.unit_code, rule.exclusive_code, rule.asset_kind)
    if sum(scope is not None for scope in scopes) != 1:
        yield _fault(where, "scope", None, "give a unit, an exclusive grid or assets, one of them")
    if (rule.party_code is None) == (rule.party_kind is None):
        yield _fault(where, "party", None, "give a party or a kind of party, one of them")
    if rule.reports_to_code is not None and rule.reports_to_kind is not None:
        yield _fault(where, "reports_to", None, "give a second party or its kind, one of them")
    if (rule.asset_kind is None) != (rule.tolerance_m is None):
        yield _fault(where, "tolerance_m", None, "assets have a tolerance, and only they")


def _nobody(conn: Connection[Any], change: Change, before: Holding) -> Iterator[Fault]:
    head = head_version(conn)
    if head is None:
        return
    city = root_unit(conn, head.version).code
    held = [rule for id_, rule in before.rules.items() if id_ not in set(change.end_rules)]
    whole = NewRule(unit_code=city)
    for rule in (*held, *change.rules):
        plain = replace(
            rule, party_code=None, priority=0, tree=whole.tree, handling=whole.handling,
            reports_to_code=None, reports_to_kind=None,
        )  # fmt: skip
        if plain == whole and rule.party_code is not None:
            return
    why = f"the city {city} itself needs a lead for every matter, mode and time, by name"
    yield _fault("rules", "unit", city, why)


def _fault(where: str, what: str, value: object, detail: str) -> Fault:
    return {"where": where, "key": what, "value": value, "detail": f"{where}: {detail}"}
