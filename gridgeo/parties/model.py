"""Who answers for what: parties, posts, classes of matters, and the rules that bind them to places.

Values only, on the clock of `parties/calendars.py`; `dispatch/model.py` decides by them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct, field

from gridgeo.parties.calendars import ALWAYS, MODE_PRIORITY, Calendars, When

ROLES = ("lead", "deputy", "co_handler")
"""Lead: answers. Deputy: leads where no lead of the scope holds. Co-handler: stands beside."""

HANDLINGS = ("direct", "joint", "escalated")
"""Direct: the lead alone. Joint: with co-handlers. Escalated: the lead's superior is told too."""

TREES = ("administering", "legal")

Class = tuple[str, str]
"""A class of matters: scheme and code."""


class Party(NamedTuple):
    """An office or a post that answers for matters; never a person.

    `contact` is the office's channel; `superior_id` the party to which it escalates. A tuple as
    rules are, because ten thousand are made while a server starts.
    """

    party_id: int
    code: str
    name: str
    kind: str
    contact: str
    superior_id: int | None = None


class DutyPost(Struct, frozen=True):
    """The post of a grid head or grid worker, attached to one unit or exclusive grid.

    Who sits in it is known to the city's own system, by `ref` alone. It is on duty in a named shift
    of a calendar, or always.
    """

    code: str
    kind: str
    unit_code: str | None = None
    exclusive_code: str | None = None
    role: str = "lead"
    contact: str = ""
    ref: str | None = None
    shift_calendar: str | None = None
    shift: str | None = None


class Attachment(NamedTuple):
    """A party serves a unit and all below it, or an exclusive grid, in a role."""

    party: Party
    unit_id: int | None
    exclusive_id: int | None
    role: str = "lead"


class CategoryTree(Struct, frozen=True):
    """Classes of all schemes: the class above each, and the class of another scheme it stands for.

    Only the links count, never the digits of a code: schemes differ in length.
    """

    parents: Mapping[Class, Class | None] = {}
    same_as: Mapping[Class, Class] = {}

    def lineage(self, scheme: str | None, category: str | None) -> tuple[Class, ...]:
        """Return a class and all it belongs to, most specific first; nothing without a category.

        First the classes above it in its own scheme; then the class of the other scheme that the
        nearest of them stands for, and those above that.
        """
        if scheme is None or category is None:
            return ()
        found: dict[Class, None] = {}
        step: Class | None = (scheme, category)
        while step is not None and step not in found:
            own = self._climbed(step, found)
            step = next((self.same_as[one] for one in own if one in self.same_as), None)
        return tuple(found)

    def _climbed(self, start: Class, found: dict[Class, None]) -> list[Class]:
        own: list[Class] = []
        step: Class | None = start
        while step is not None and step not in found:
            found[step] = None
            own.append(step)
            step = self.parents.get(step)
        return own


class ResponsibilityRule(NamedTuple):
    """A party answers in a role for a scope, a class of matters, a mode and a time.

    Exactly one scope is given: a unit and all below it, climbing by `tree`; an exclusive grid; or
    assets of a kind (a name narrows it) out to `tolerance_m` from their shape: both sides of a
    centreline. Without a category it holds for every matter; without a mode in every mode, and
    "daily" only where no other is on. Exactly one of `party` and `party_kind` is given: a kind is
    the party of that kind which serves the territory nearest upwards by `tree`; so are the second
    party and its kind, to which the lead reports ("streets call, departments report").

    A tuple, because tens of thousands are made while a server starts: seven times as quick.
    """

    rule_id: int
    scope_unit_id: int | None
    scope_exclusive_id: int | None
    category_scheme: str | None
    category: str | None
    role: str
    party: Party | None
    party_kind: str | None = None
    asset_kind: str | None = None
    asset_name: str | None = None
    tolerance_m: float | None = None
    mode: str | None = None
    when: When = ALWAYS
    priority: int = 0
    tree: str = "administering"
    handling: str = "direct"
    reports_to: Party | None = None
    reports_to_kind: str | None = None

    @property
    def matter(self) -> Class | None:
        """The class of matters it speaks of; None for all."""
        if self.category_scheme is None or self.category is None:
            return None
        return self.category_scheme, self.category

    def holds_for(self, lineage: Sequence[Class]) -> bool:
        """Say whether it speaks of a matter of this lineage; a rule without a category does."""
        return self.matter is None or self.matter in lineage


DERIVED = "whens", "modes", "climbs_legally", "serving_unit", "serving_exclusive"
"""What `RuleSet` derives of itself once."""

ByMatter = Mapping[Class | None, Sequence[ResponsibilityRule]]
"""Rules by the class they name, in id order; None for those of all matters."""

NO_RULES: ByMatter = {}


def by_matter(rules: Iterable[ResponsibilityRule]) -> ByMatter:
    """Return rules by the class they name."""
    found: dict[Class | None, list[ResponsibilityRule]] = {}
    for rule in rules:
        found.setdefault(rule.matter, []).append(rule)
    return found


class Speaking:
    """Rules of units, or of exclusive grids, by the class they name; sorted when first asked for.

    Parameters
    ----------
    rules : mapping
        Rules by the id of their unit or exclusive grid, in id order.
    """

    def __init__(self, rules: Mapping[int, Sequence[ResponsibilityRule]]) -> None:
        self._rules = rules
        self._sorted: dict[int, ByMatter] = {}

    def of(self, scope_id: int) -> ByMatter:
        """Return the rules of one unit or exclusive grid; empty where it has none."""
        found = self._sorted.get(scope_id, NO_RULES)
        if found is NO_RULES and scope_id in self._rules:
            found = self._sorted[scope_id] = by_matter(self._rules[scope_id])
        return found


class NearAsset(Struct, frozen=True):
    """An asset near a point, its rules whose tolerance reaches the point, and the metres to it."""

    asset: str
    distance_m: float
    rules: tuple[ResponsibilityRule, ...]


class RuleSet(Struct, frozen=True, dict=True):
    """One state of all rules and of what they rest on; any change is a new set.

    Parameters
    ----------
    of_unit, of_exclusive : mapping
        Rules by the id of their unit or exclusive grid, in id order.
    of_asset : sequence
        Rules of assets, in id order.
    parties : mapping
        All parties that the set names, by id.
    attached : sequence
        Which party serves which territory.
    forms : sequence, optional
        Rules of which each differs from one of these in ids alone; by default all.
    """

    rule_set: int
    valid_from: datetime
    of_unit: Mapping[int, Sequence[ResponsibilityRule]]
    of_exclusive: Mapping[int, Sequence[ResponsibilityRule]]
    of_asset: Sequence[ResponsibilityRule] = ()
    parties: Mapping[int, Party] = {}
    attached: Sequence[Attachment] = ()
    categories: CategoryTree = CategoryTree()
    calendars: Calendars = Calendars()
    mode_priority: Mapping[str, int] = field(default_factory=lambda: MODE_PRIORITY)
    forms: Sequence[ResponsibilityRule] | None = None

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from others: a class of matters may come after its number was given."""
        return self.rule_set, len(self.categories.parents)

    def rules(self) -> Iterator[ResponsibilityRule]:
        """Yield all rules: those of units, of exclusive grids, of assets."""
        for grouped in (self.of_unit, self.of_exclusive):
            for rules in grouped.values():
                yield from rules
        yield from self.of_asset

    def _forms(self) -> Iterable[ResponsibilityRule]:
        return self.rules() if self.forms is None else self.forms

    @cached_property
    def speaking_of_unit(self) -> Speaking:
        """The rules of units by what they speak of."""
        return Speaking(self.of_unit)

    @cached_property
    def speaking_of_exclusive(self) -> Speaking:
        """The rules of exclusive grids by what they speak of."""
        return Speaking(self.of_exclusive)

    @cached_property
    def whens(self) -> tuple[When, ...]:
        """The conditions on time that rules give, each once; none for a set without a clock."""
        timed = (rule.when for rule in self._forms() if rule.when is not ALWAYS)
        return tuple(when for when in dict.fromkeys(timed) if when != ALWAYS)

    @cached_property
    def modes(self) -> frozenset[str]:
        """The modes that rules name."""
        return frozenset(rule.mode for rule in self._forms() if rule.mode is not None)

    @cached_property
    def climbs_legally(self) -> bool:
        """Whether a rule climbs the legal tree."""
        return any(rule.tree == "legal" for rule in self._forms())

    @cached_property
    def serving_unit(self) -> Mapping[tuple[str, int], Party]:
        """The lead party by its kind and the unit it serves; of several the first by code."""
        return self._serving((a, a.unit_id) for a in self.attached)

    @cached_property
    def serving_exclusive(self) -> Mapping[tuple[str, int], Party]:
        """The same for exclusive grids."""
        return self._serving((a, a.exclusive_id) for a in self.attached)

    def derive(self) -> None:
        """Have all at hand that is derived of the set, so that no request waits for it."""
        for name in DERIVED:
            getattr(self, name)

    def _serving(
        self, placed: Iterable[tuple[Attachment, int | None]]
    ) -> dict[tuple[str, int], Party]:
        leads = [(a.party, at) for a, at in placed if a.role == "lead" and at is not None]
        leads.sort(key=lambda pair: pair[0].code, reverse=True)
        return {(party.kind, at): party for party, at in leads}

    def holding(self, minute: int) -> frozenset[When]:
        """Return the conditions on time that hold at a minute since 1970, `ALWAYS` among them."""
        holding = (when for when in self.whens if self.calendars.holds(when, minute))
        return frozenset((ALWAYS, *holding))
