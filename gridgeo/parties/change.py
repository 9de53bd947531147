"""What a change set changes of what holds: a repeat is no change, and keeps its id."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from gridgeo.parties.calendars import ShiftCalendar
from gridgeo.parties.model import Party
from gridgeo.parties.written import CategoryMapping, ChangeSet, NewAttachment, NewParty, NewRule

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds in a rule set, as written; rules and attachments by their ids."""

    rules: Mapping[int, NewRule]
    attached: Mapping[int, NewAttachment]
    shifts: Mapping[str, ShiftCalendar]
    days: Mapping[date, str]
    mappings: Mapping[tuple[str, str], CategoryMapping]
    parties: Mapping[str, Party]


NOTHING_HELD = Holding({}, {}, {}, {}, {}, {})


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written and what ends: a change set without what holds already."""

    parties: Sequence[NewParty]
    rules: Sequence[NewRule]
    attached: Sequence[NewAttachment]
    shifts: Sequence[ShiftCalendar]
    days: Mapping[date, str]
    mappings: Sequence[CategoryMapping]
    end_rules: Collection[int]
    end_attached: Collection[int]
    end_shifts: Collection[str]
    end_days: Collection[date]
    end_mappings: Collection[tuple[str, str]]


def change_of(changes: ChangeSet, before: Holding) -> Change:
    """Return what a change set changes of what holds."""
    shifts = {calendar.code: calendar for calendar in changes.shifts}
    mappings = {(mapping.scheme, mapping.category): mapping for mapping in changes.mappings}
    whole = changes.replace
    rules, end_rules = list(changes.rules), list(changes.end_rules)
    if whole:
        rules, end_rules = _beside(before.rules, changes.rules)
    attached, end_attached = _beside(before.attached, changes.attached)
    new_shifts, end_shifts = _put(before.shifts, shifts, whole=whole)
    new_days, end_days = _put(before.days, changes.days, whole=whole)
    new_mappings, end_mappings = _put(before.mappings, mappings, whole=whole)
    return Change(
        [party for party in changes.parties if not _is_known(party, before)],
        rules,
        attached,
        list(new_shifts.values()),
        new_days,
        list(new_mappings.values()),
        end_rules,
        end_attached if whole else (),
        end_shifts,
        end_days,
        end_mappings,
    )


def _beside(before: Mapping[int, V], said: Sequence[V]) -> tuple[list[V], list[int]]:
    """Return what is said and was not there, and the ids of what was there and is not said."""
    ids: dict[V, list[int]] = {}
    for id_, value in sorted(before.items(), reverse=True):
        ids.setdefault(value, []).append(id_)
    new = [value for value in said if not ids.get(value) or ids[value].pop() is None]
    return new, [id_ for left in ids.values() for id_ in left]


def _put(before: Mapping[K, V], said: Mapping[K, V], *, whole: bool) -> tuple[dict[K, V], list[K]]:
    """Return what is said anew by key, and the keys of what ends: the former, and, whole, all."""
    new = {key: value for key, value in said.items() if before.get(key) != value}
    gone = [key for key in before if key in new or (whole and key not in said)]
    return new, gone


def _is_known(said: NewParty, before: Holding) -> bool:
    """Say whether a party stands there as it is said."""
    party = before.parties.get(said.code)
    if party is None:
        return False
    superior = before.parties.get(said.superior_code or "")
    return party == Party(
        party.party_id, said.code, said.name, said.kind, said.contact,
        None if superior is None else superior.party_id,
    ) and (superior is None) == (said.superior_code is None)  # fmt: skip
