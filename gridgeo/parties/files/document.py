"""Rule documents: the tables in which an administrator writes who answers for what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gridgeo.parties.files.tables import Row
from gridgeo.parties.model import DutyPost
from gridgeo.parties.written import ChangeSet

PARTIES, ATTACHMENTS, SHIFTS = "parties", "attachments", "shifts"
DAYS, MAPPINGS, RULES, POSTS = "days", "mappings", "rules", "posts"

SHAPE: Mapping[str, tuple[str, ...]] = {
    PARTIES: ("code", "name", "kind", "contact", "superior", "synthetic"),
    ATTACHMENTS: ("party", "unit", "exclusive_grid", "role"),
    SHIFTS: ("calendar", "calendar_name", "shift", "weekdays", "from", "to"),
    DAYS: ("date", "day"),
    MAPPINGS: ("scheme", "category", "to_scheme", "to_category"),
    RULES: (
        "unit", "exclusive_grid", "asset_kind", "asset_name", "tolerance_m",
        "scheme", "category", "mode", "role", "party", "party_kind",
        "shift_calendar", "shift", "weekdays", "day_kinds", "valid_from", "valid_to",
        "priority", "tree", "handling", "reports_to", "reports_to_kind",
    ),
    POSTS: (
        "code", "kind", "unit", "exclusive_grid", "role", "contact", "ref", "shift_calendar",
        "shift",
    ),
}  # fmt: skip
"""The tables of a rule document and their columns; a table that is left out says nothing."""

SPECIAL_DAYS = ("holiday", "workday")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class RuleDocument:
    """What a document says; `rows` are its rows by table, one for each value and in its order."""

    changes: ChangeSet = field(default_factory=ChangeSet)
    posts: Sequence[DutyPost] = ()
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it holds, also those without a row."""
        return frozenset(self.rows)
