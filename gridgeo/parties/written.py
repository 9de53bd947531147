"""Who answers for what, as people and files write it: by official codes, without ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gridgeo.parties.calendars import ALWAYS, ShiftCalendar, When


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party to be written."""

    code: str
    name: str
    kind: str
    contact: str = ""
    synthetic: bool = False
    superior_code: str | None = None


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A party serves a unit or an exclusive grid; exactly one of the two is given."""

    party_code: str
    unit_code: str | None = None
    exclusive_code: str | None = None
    role: str = "lead"


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule to be written, by official codes; see `ResponsibilityRule`.

    Exactly one of `unit_code`, `exclusive_code` and `asset_kind` is given, `tolerance_m` with the
    last; and exactly one of `party_code` and `party_kind`.
    """

    party_code: str | None = None
    unit_code: str | None = None
    exclusive_code: str | None = None
    category_scheme: str | None = None
    category: str | None = None
    role: str = "lead"
    party_kind: str | None = None
    asset_kind: str | None = None
    asset_name: str | None = None
    tolerance_m: float | None = None
    mode: str | None = None
    when: When = ALWAYS
    priority: int = 0
    tree: str = "administering"
    handling: str = "direct"
    reports_to_code: str | None = None
    reports_to_kind: str | None = None


@dataclass(frozen=True, slots=True)
class CategoryMapping:
    """A class of one scheme stands for a class of another."""

    scheme: str
    category: str
    to_scheme: str
    to_category: str


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change of who answers for what, made as one: all or nothing, as one new rule set.

    Parameters
    ----------
    parties : sequence
        New parties; those with a code that is known get what is said here: name, kind, contact,
        superior. None is ever removed.
    rules, attached, shifts, days, mappings
        What holds from now on. A shift calendar goes by its code, a day by its date, a mapping by
        its first class: one that holds already is put in the place of the former.
    end_rules : sequence of int
        Ids of rules that hold no more.
    replace : bool
        Whether nothing else holds from now on: the change set is the whole set. A rule that is said
        again as it stood keeps its id.
    """

    parties: Sequence[NewParty] = ()
    rules: Sequence[NewRule] = ()
    attached: Sequence[NewAttachment] = ()
    shifts: Sequence[ShiftCalendar] = ()
    days: Mapping[date, str] = field(default_factory=dict)
    mappings: Sequence[CategoryMapping] = ()
    end_rules: Sequence[int] = ()
    replace: bool = False
