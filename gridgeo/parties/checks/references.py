"""Names in a rule document that nothing carries, and things that are said twice."""

from collections.abc import Iterator

from gridgeo.parties.checks.known import Known
from gridgeo.parties.files.document import (
    ATTACHMENTS,
    DAYS,
    MAPPINGS,
    PARTIES,
    POSTS,
    RULES,
    SHIFTS,
    RuleDocument,
)
from gridgeo.parties.files.tables import Fault, Row

KEYS = {
    PARTIES: ("code",),
    ATTACHMENTS: ("party", "unit", "exclusive_grid"),
    DAYS: ("date",),
    MAPPINGS: ("scheme", "category"),
    POSTS: ("code",),
}
"""The cells by which a row of a table is told from the others; for all other tables all of them."""


class References:
    """Looks up every name that a document uses."""

    def __init__(self, document: RuleDocument, known: Known) -> None:
        self.document = document
        self.known = known
        self.kind_of = dict(known.parties)
        self.kind_of |= {party.code: party.kind for party in document.changes.parties}
        served = {attachment.party_code for attachment in document.changes.attached}
        self.kinds_serving = {self.kind_of[code] for code in served if code in self.kind_of}
        self.shifts = {
            calendar.code: {shift.name for shift in calendar.shifts}
            for calendar in document.changes.shifts
        }

    def faults(self) -> Iterator[Fault]:
        """Yield every name that nothing carries, by tables and lines, and what is said twice."""
        for table, look in (
            (PARTIES, self._party),
            (ATTACHMENTS, self._attachment),
            (MAPPINGS, self._mapping),
            (RULES, self._rule),
            (POSTS, self._post),
        ):
            for row in self.document.rows.get(table, ()):
                yield from look(row)
        for table in (PARTIES, ATTACHMENTS, SHIFTS, DAYS, MAPPINGS, RULES, POSTS):
            yield from self._twice(table)
        yield from self._circles()

    def _party(self, row: Row) -> Iterator[Fault]:
        yield from self._is_party(row, "superior")

    def _attachment(self, row: Row) -> Iterator[Fault]:
        yield from self._is_party(row, "party")
        yield from self._is_place(row)

    def _mapping(self, row: Row) -> Iterator[Fault]:
        yield from self._is_category(row, "scheme", "category")
        yield from self._is_category(row, "to_scheme", "to_category")
        if row.cells["scheme"] == row.cells["to_scheme"]:
            message = "a class stands for one of another scheme, not of its own"
            yield Fault.of(row, "to_scheme", message, "unknown_category")

    def _rule(self, row: Row) -> Iterator[Fault]:
        yield from self._is_place(row)
        yield from self._is_party(row, "party")
        yield from self._is_party(row, "reports_to")
        yield from self._is_served(row, "party_kind")
        yield from self._is_served(row, "reports_to_kind")
        yield from self._is_category(row, "scheme", "category")
        yield from self._is_shift(row)
        yield from self._is_asset(row)
        mode = row.cells.get("mode")
        if mode and mode not in self.known.modes:
            message = f"there is no such mode; the modes are {', '.join(sorted(self.known.modes))}"
            yield Fault.of(row, "mode", message, "unknown_mode")

    def _post(self, row: Row) -> Iterator[Fault]:
        yield from self._is_place(row)
        yield from self._is_shift(row)

    def _is_place(self, row: Row) -> Iterator[Fault]:
        unit, grid = row.cells.get("unit"), row.cells.get("exclusive_grid")
        if unit and unit not in self.known.parents:
            yield Fault.of(row, "unit", "no unit of the live map carries the code", "unknown_unit")
        if grid and grid not in self.known.exclusive:
            message = "no exclusive grid of the live map carries the code"
            yield Fault.of(row, "exclusive_grid", message, "unknown_exclusive_grid")

    def _is_party(self, row: Row, key: str) -> Iterator[Fault]:
        code = row.cells.get(key)
        if code and code not in self.kind_of:
            message = "no party carries the code; add it to the table parties"
            yield Fault.of(row, key, message, "unknown_party")

    def _is_served(self, row: Row, key: str) -> Iterator[Fault]:
        kind = row.cells.get(key)
        if kind and kind not in self.kinds_serving:
            message = "no party of the kind serves any place; add one to the table attachments"
            yield Fault.of(row, key, message, "unknown_party_kind")

    def _is_category(self, row: Row, scheme: str, category: str) -> Iterator[Fault]:
        asked = row.cells.get(scheme, ""), row.cells.get(category, "")
        if all(asked) and asked not in self.known.categories:
            message = f"the scheme {asked[0]!r} has no such class; GET /categories lists them"
            yield Fault.of(row, category, message, "unknown_category")

    def _is_shift(self, row: Row) -> Iterator[Fault]:
        calendar, shift = row.cells.get("shift_calendar"), row.cells.get("shift")
        if calendar and calendar not in self.shifts:
            message = "there is no such shift calendar; add it to the table shifts"
            yield Fault.of(row, "shift_calendar", message, "unknown_shift")
        elif calendar and shift not in self.shifts[calendar]:
            message = f"the calendar {calendar!r} has no such shift"
            yield Fault.of(row, "shift", message, "unknown_shift")

    def _is_asset(self, row: Row) -> Iterator[Fault]:
        kind, name = row.cells.get("asset_kind"), row.cells.get("asset_name")
        if kind and kind not in self.known.assets:
            there = ", ".join(sorted(self.known.assets)) or "none"
            message = f"no asset is of the kind; there are {there}"
            yield Fault.of(row, "asset_kind", message, "unknown_asset")
        elif kind and name and name not in self.known.assets[kind]:
            yield Fault.of(row, "asset_name", f"no {kind} carries the name", "unknown_asset")

    def _twice(self, table: str) -> Iterator[Fault]:
        """Yield rows that say again what another row of the table has said."""
        first: dict[tuple[object, ...], Row] = {}
        for row in self.document.rows.get(table, ()):
            cells = row.cells
            named = KEYS.get(table)
            key: tuple[object, ...] = tuple(sorted(cells.items()))
            if named is not None:
                key = tuple(cells.get(column, "") for column in named)
            if key in first:
                blamed = next((k for k in named or () if cells.get(k)), next(iter(cells)))
                where = first[key]
                message = f"it stands in {where.file}, line {where.line}, too"
                yield Fault.of(row, blamed, message, "said_twice")
            first.setdefault(key, row)

    def _circles(self) -> Iterator[Fault]:
        """Yield parties that are their own superior by way of others."""
        above = {p.code: p.superior_code for p in self.document.changes.parties}
        rows = {row.cells["code"]: row for row in self.document.rows.get(PARTIES, ())}
        for code in above:
            seen = {code}
            step = above[code]
            while step is not None and step not in seen:
                seen.add(step)
                step = above.get(step)
            if step == code:
                message = "the superiors go round in a circle"
                yield Fault.of(rows[code], "superior", message, "superior_circle")
