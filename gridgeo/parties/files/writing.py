"""Writing rule documents; reading what was written gives the same values."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from gridgeo.parties.calendars import DAY_KINDS
from gridgeo.parties.files.document import (
    ATTACHMENTS,
    DAYS,
    MAPPINGS,
    PARTIES,
    POSTS,
    RULES,
    SHAPE,
    SHIFTS,
    WEEKDAYS,
    RuleDocument,
)
from gridgeo.parties.files.tables import BETWEEN, YAML_ENDINGS, write_folder, write_yaml
from gridgeo.parties.model import HANDLINGS, TREES, DutyPost
from gridgeo.parties.written import ChangeSet, NewRule


def write_document(path: Path, document: RuleDocument, zone: tzinfo) -> None:
    """Write a document as a YAML file, if the path ends so, or else as a folder of CSV tables."""
    tables = document_tables(document.changes, document.posts, zone)
    if path.suffix in YAML_ENDINGS:
        write_yaml(path, SHAPE, tables)
    else:
        write_folder(path, SHAPE, tables)


def document_tables(
    changes: ChangeSet, posts: Sequence[DutyPost], zone: tzinfo
) -> dict[str, list[tuple[str, ...]]]:
    """Return the rows of every table, cells in the order of `SHAPE`; instants in a zone."""
    return {
        PARTIES: [
            (p.code, p.name, p.kind, p.contact, p.superior_code or "", _yes(p.synthetic))
            for p in changes.parties
        ],
        ATTACHMENTS: [
            (a.party_code, a.unit_code or "", a.exclusive_code or "", a.role)
            for a in changes.attached
        ],
        SHIFTS: [
            (calendar.code, calendar.name, shift.name, _days(shift.weekdays),
             _clock(shift.starts), _clock(shift.ends))
            for calendar in changes.shifts
            for shift in calendar.shifts
        ],
        DAYS: [(day.isoformat(), kind) for day, kind in changes.days.items()],
        MAPPINGS: [
            (m.scheme, m.category, m.to_scheme, m.to_category) for m in changes.mappings
        ],
        RULES: [_rule_cells(rule, zone) for rule in changes.rules],
        POSTS: [
            (p.code, p.kind, p.unit_code or "", p.exclusive_code or "", p.role, p.contact,
             p.ref or "", p.shift_calendar or "", p.shift or "")
            for p in posts
        ],
    }  # fmt: skip


def _rule_cells(rule: NewRule, zone: tzinfo) -> tuple[str, ...]:
    calendar, shift = rule.when.shift or ("", "")
    return (
        rule.unit_code or "",
        rule.exclusive_code or "",
        rule.asset_kind or "",
        rule.asset_name or "",
        "" if rule.tolerance_m is None else f"{rule.tolerance_m!r}".removesuffix(".0"),
        rule.category_scheme or "",
        rule.category or "",
        rule.mode or "",
        rule.role,
        rule.party_code or "",
        rule.party_kind or "",
        calendar,
        shift,
        _days(rule.when.weekdays),
        BETWEEN.join(kind for kind in DAY_KINDS if kind in rule.when.day_kinds),
        _instant(rule.when.valid_from, zone),
        _instant(rule.when.valid_to, zone),
        str(rule.priority or ""),
        "" if rule.tree == TREES[0] else rule.tree,
        "" if rule.handling == HANDLINGS[0] else rule.handling,
        rule.reports_to_code or "",
        rule.reports_to_kind or "",
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _days(weekdays: frozenset[int]) -> str:
    return BETWEEN.join(WEEKDAYS[day - 1] for day in sorted(weekdays))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _instant(instant: datetime | None, zone: tzinfo) -> str:
    return "" if instant is None else instant.astimezone(zone).isoformat()
