"""Who answers for what: parties, posts, calendars, modes, and the rules that bind them to places.

Values only. Times of decision are whole minutes since 1970 in UTC (`minute`); shifts, weekdays and
kinds of days are those of the city's own clock. `dispatch/model.py` decides by these values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import NamedTuple

from shapely import MultiPolygon, Polygon

ROLES = ("lead", "deputy", "co_handler")
"""Lead: answers. Deputy: leads where no lead of the scope holds. Co-handler: stands beside."""

HANDLINGS = ("direct", "joint", "escalated")
"""Direct: the lead alone. Joint: with co-handlers. Escalated: the lead's superior is told too."""

TREES = ("administering", "legal")
DAY_KINDS = ("workday", "weekend", "holiday")

DAILY = "daily"
"""The mode that runs where no other is on."""

MODE_PRIORITY: Mapping[str, int] = {DAILY: 1, "holiday": 2, "major_event": 3, "emergency": 4}
"""Of several modes that are on at a place, the one with the highest number decides first."""

WEEK_MIN, DAY_MIN = 7 * 24 * 60, 24 * 60

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


@dataclass(frozen=True, slots=True)
class DutyPost:
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


# --- the city's clock ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shift:
    """Part of each of some weekdays, half-open: the hand-over minute belongs to the next shift.

    Parameters
    ----------
    weekdays : frozenset of int
        Days on which it begins, 1 Monday to 7 Sunday.
    starts, ends : int
        Minutes of the day, 0 to 1439 and 0 to 1440; not later than `starts`: on the next day.
    """

    name: str
    weekdays: frozenset[int]
    starts: int
    ends: int

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the minutes of the week it covers, from Monday 00:00, as half-open spans."""
        length = (self.ends - self.starts) % DAY_MIN or DAY_MIN
        for weekday in sorted(self.weekdays):
            begin = (weekday - 1) * DAY_MIN + self.starts
            yield begin, min(begin + length, WEEK_MIN)
            if begin + length > WEEK_MIN:
                yield 0, begin + length - WEEK_MIN


@dataclass(frozen=True, slots=True)
class ShiftCalendar:
    """Named weekly shifts in the city's local time; shifts may overlap and may leave holes."""

    code: str
    name: str
    shifts: tuple[Shift, ...]

    def running(self, minute_of_week: int) -> frozenset[str]:
        """Return the names of the shifts that cover a minute of the week."""
        return frozenset(
            shift.name
            for shift in self.shifts
            for begin, end in shift.spans()
            if begin <= minute_of_week < end
        )

    def holes(self) -> list[tuple[int, int]]:
        """Return the spans of minutes of the week that no shift covers, in order."""
        spans = sorted(span for shift in self.shifts for span in shift.spans())
        reached, holes = 0, []
        for begin, end in [*spans, (WEEK_MIN, WEEK_MIN)]:
            if begin > reached:
                holes.append((reached, begin))
            reached = max(reached, end)
        return holes


@dataclass(frozen=True, slots=True)
class When:
    """A condition on the minute asked; what is not given does not count. `ALWAYS` gives nothing.

    Parameters
    ----------
    shift : (str, str), optional
        Code of a shift calendar, and the name of one of its shifts.
    weekdays, day_kinds : frozenset
        Of the local calendar day of the minute, also within a shift that began the evening before.
        1 Monday to 7 Sunday; of `DAY_KINDS`.
    valid_from, valid_to : datetime, optional
        Half-open, and regarded to the whole minute.
    """

    shift: tuple[str, str] | None = None
    weekdays: frozenset[int] = frozenset()
    day_kinds: frozenset[str] = frozenset()
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def specificity(self) -> int:
        """How many conditions it gives; a period counts once."""
        period = self.valid_from is not None or self.valid_to is not None
        return sum(map(bool, (self.shift, self.weekdays, self.day_kinds, period)))


ALWAYS = When()


def minute_of(instant: datetime) -> int:
    """Return the minute since 1970 in UTC that an instant lies in."""
    return int(instant.timestamp() // 60)


def first_minute(bound: datetime) -> int:
    """Return the first whole minute that does not begin before a bound of a period."""
    return int(-(-bound.timestamp() // 60))


@dataclass(frozen=True)
class Calendars:
    """The city's clock: its zone, its shift calendars by code, and the days that are not as usual.

    Parameters
    ----------
    days : mapping of date to str
        "holiday", or "workday" for a made-up working day; any other day is a workday from Monday to
        Friday and else a weekend.
    """

    zone: tzinfo = UTC
    shifts: Mapping[str, ShiftCalendar] = field(default_factory=dict)
    days: Mapping[date, str] = field(default_factory=dict)

    def day_kind(self, day: date) -> str:
        """Return which of `DAY_KINDS` a day is; a holiday on a weekend is a holiday."""
        return self.days.get(day, "workday" if day.isoweekday() <= 5 else "weekend")

    def holds(self, when: When, minute: int) -> bool:
        """Say whether a condition holds at a minute since 1970; an unknown shift never runs."""
        if when.valid_from is not None and minute < first_minute(when.valid_from):
            return False
        if when.valid_to is not None and minute >= first_minute(when.valid_to):
            return False
        local = datetime.fromtimestamp(minute * 60, self.zone)
        if when.weekdays and local.isoweekday() not in when.weekdays:
            return False
        if when.day_kinds and self.day_kind(local.date()) not in when.day_kinds:
            return False
        return when.shift is None or self._runs(*when.shift, local)

    def _runs(self, calendar: str, shift: str, local: datetime) -> bool:
        of_week = (local.isoweekday() - 1) * DAY_MIN + local.hour * 60 + local.minute
        known = self.shifts.get(calendar)
        return known is not None and shift in known.running(of_week)


@dataclass(frozen=True, slots=True)
class ModePeriod:
    """A mode that is on from `starts_at` to before `ends_at` (None: until it is switched off).

    Its area is a shape in EPSG:4326 degrees, border included, or units with all below them, or,
    with neither, the whole city and what lies outside it.
    """

    period_id: int
    mode: str
    starts_at: datetime
    ends_at: datetime | None = None
    unit_ids: frozenset[int] = frozenset()
    area: Polygon | MultiPolygon | None = None
    note: str = ""

    def is_on(self, instant: datetime) -> bool:
        """Say whether it is on at an instant."""
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


# --- matters -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CategoryTree:
    """Classes of all schemes: the class above each, and the class of another scheme it stands for.

    Only the links count, never the digits of a code: schemes differ in length.
    """

    parents: Mapping[Class, Class | None] = field(default_factory=dict)
    same_as: Mapping[Class, Class] = field(default_factory=dict)

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


# --- rules ---------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class NearAsset:
    """An asset near a point, its rules whose tolerance reaches the point, and the metres to it."""

    asset: str
    distance_m: float
    rules: tuple[ResponsibilityRule, ...]


@dataclass(frozen=True)
class RuleSet:
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
    parties: Mapping[int, Party] = field(default_factory=dict)
    attached: Sequence[Attachment] = ()
    categories: CategoryTree = field(default_factory=CategoryTree)
    calendars: Calendars = field(default_factory=Calendars)
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


# --- as written by people and files: official codes, no ids ------------------------------------


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
