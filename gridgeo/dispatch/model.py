"""`assign`: whose is it? Pure: a placement, a matter and the rules give one assignment.

The order of decision, in steps. Modes that are on at the place come first, the highest priority
before the others, and after them the rules that name no mode (or "daily", where no mode is on). For
each of these: rules of assets within their tolerance; of the exclusive grids over the point; of the
units from the leaf up to the city that speak of the matter; of the units that speak of all. The
first step with a rule that holds decides.

Within a step: a lead before a deputy, the more specific class, the higher priority, the more
conditions on time, the nearer asset (a rule that names it before one of its kind) or the exclusive
grid with the lower code, the older rule. The city itself always has a rule for all, so nobody is
never the answer.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from msgspec import Struct

from gridgeo.errors import Unavailable
from gridgeo.locate.model import Placement, UnitRef
from gridgeo.parties.calendars import DAILY, When
from gridgeo.parties.model import ByMatter, Class, NearAsset, Party, ResponsibilityRule, RuleSet

REASONS = (
    "operating_mode", "asset", "exclusive_grid", "unit_rule", "territorial_fallback",
    "outside_city",
)  # fmt: skip

TIE_BREAKS = (
    "deputy", "less_specific_category", "lower_priority", "fewer_conditions_on_time",
    "farther_or_later_code", "younger",
)  # fmt: skip
"""By which part of its rank a rule lost against the one that decided, in their order."""

Rank = tuple[int, int, int, int, int, int]


class Matter(Struct, frozen=True):
    """What is asked about a place: a class and its scheme, at a minute since 1970 in UTC."""

    category: str | None
    scheme: str | None
    minute: int


class Around(Struct, frozen=True):
    """What bears on a point beside its units and exclusive grids.

    Parameters
    ----------
    modes : tuple of str
        Modes that are on here besides "daily", the highest priority first.
    near : tuple of NearAsset
        Nearest first.
    legal_chain : tuple of UnitRef, optional
        The units by their legal parents, city first; None where that is the administering chain.
    """

    modes: tuple[str, ...] = ()
    near: tuple[NearAsset, ...] = ()
    legal_chain: tuple[UnitRef, ...] | None = None


NOTHING_AROUND = Around()


class Lost(Struct, frozen=True):
    """A rule that was considered and did not decide.

    `why` is one of `TIE_BREAKS`, or other_matter, other_time, no_party_of_kind, stands_beside (a
    co-handler).
    """

    rule_id: int
    why: str


class Considered(Struct, frozen=True):
    """One scope on the way to the decision; `rule_id` is the rule that decided, else None."""

    scope: str
    reason: str
    rule_id: int | None
    mode: str | None = None
    lost: tuple[Lost, ...] = ()


class Second(Struct, frozen=True):
    """Another assignment beside the lead's: `relation` is reports_to or escalated_to."""

    relation: str
    party: Party


class Assignment(Struct, frozen=True):
    """The one lead party, those beside it, and why. `trace` is filled only when asked for."""

    party: Party
    co_handlers: tuple[Party, ...]
    rule_id: int
    rule_set: int
    scope: str
    reason: str
    handling: str = "direct"
    mode: str | None = None
    seconds: tuple[Second, ...] = ()
    trace: tuple[Considered, ...] = ()

    @property
    def fallback(self) -> bool:
        """Whether the territory answered because no rule speaks of the matter itself."""
        return self.reason in ("territorial_fallback", "outside_city")


def assign(
    placement: Placement,
    rules: RuleSet,
    root: UnitRef,
    matter: Matter,
    around: Around = NOTHING_AROUND,
    *,
    traced: bool = False,
) -> Assignment:
    """Return the assignment of a placed point.

    Parameters
    ----------
    root : UnitRef
        The city, which answers for points outside it.
    matter : Matter
        Without a category only rules for all matters decide.
    traced : bool
        Whether to list every rule considered and why it lost.

    Raises
    ------
    Unavailable
        Not even the city has a rule that holds for all matters: the rule set is incomplete.
    """
    decision = _Decision(placement, rules, root, matter, around, traced=traced)
    trace: list[Considered] = []
    for step in decision.steps():
        best = decision.best(step)
        if traced:
            trace.extend(decision.considered(step, best))
        if best is not None:
            return decision.assignment(step, best, tuple(trace))
    raise Unavailable(
        f"Rule set {rules.rule_set} names no party for the city {root.code} itself; "
        "give the city a rule without category, mode and time."
    )


class _Scope(Struct, frozen=True):
    """Rules of one unit, exclusive grid or asset; `order` ranks the scopes of a step."""

    code: str
    rules: Sequence[ResponsibilityRule]
    order: int = 0


class _Step(Struct, frozen=True):
    reason: str
    mode: str | None
    scopes: Sequence[_Scope]


class _Best(Struct, frozen=True):
    rank: Rank
    rule: ResponsibilityRule
    party: Party
    scope: _Scope


class _Decision:
    """One run of `assign`: what is the same for all of its steps."""

    def __init__(
        self, placement: Placement, rules: RuleSet, root: UnitRef, matter: Matter, around: Around,
        *, traced: bool,
    ) -> None:  # fmt: skip
        self._placement = placement
        self._rules = rules
        self._around = around
        self._chain = placement.chain or (root,)
        self._legal = around.legal_chain or self._chain
        self._lineage: tuple[Class, ...] = rules.categories.lineage(matter.scheme, matter.category)
        self._holding: frozenset[When] = rules.holding(matter.minute)
        self._traced = traced

    def steps(self) -> Iterator[_Step]:
        """Yield the steps in the order of decision."""
        for mode in (*self._around.modes, None):
            for reason, scopes in self._in_mode(mode):
                yield _Step(reason if mode is None else "operating_mode", mode, scopes)

    def _in_mode(self, mode: str | None) -> Iterator[tuple[str, Sequence[_Scope]]]:
        if self._around.near:
            yield "asset", self._assets(mode)
        if self._placement.exclusive:
            yield "exclusive_grid", self._exclusive(mode)
        units = [list(self._units(mode, *pair)) for pair in self._climb()]
        if self._placement.unit is None:
            yield "outside_city", [scope for step in units for scope in step]
            return
        for step in units:
            yield "unit_rule", [_only(scope, of_all=False) for scope in step]
        for step in units:
            yield "territorial_fallback", [_only(scope, of_all=True) for scope in step]

    def _assets(self, mode: str | None) -> list[_Scope]:
        return [
            _Scope(near.asset, self._of_mode(near.rules, mode), order)
            for order, near in enumerate(self._around.near)
        ]

    def _exclusive(self, mode: str | None) -> list[_Scope]:
        return [
            _Scope(
                grid.code,
                self._of_mode(self._of_grid(grid.exclusive_id), mode),
                order,
            )
            for order, grid in enumerate(self._placement.exclusive)
        ]

    def _climb(self) -> Iterator[tuple[UnitRef | None, UnitRef | None]]:
        """Yield from the leaf up the unit of the administering and that of the legal chain."""
        return zip_longest(reversed(self._chain), reversed(self._legal))

    def _units(
        self, mode: str | None, administering: UnitRef | None, legal: UnitRef | None
    ) -> Iterator[_Scope]:
        if administering is legal and administering is not None:
            found = self._of_unit(administering.unit_id)
            yield _Scope(administering.code, self._of_mode(found, mode))
            return
        for unit, tree in ((administering, "administering"), (legal, "legal")):
            if unit is not None:
                found = self._of_unit(unit.unit_id)
                climbing = [rule for rule in found if rule.tree == tree]
                yield _Scope(unit.code, self._of_mode(climbing, mode))

    def _of_unit(self, unit_id: int) -> Sequence[ResponsibilityRule]:
        """Return the rules of a unit; those of other matters only for the trace."""
        if self._traced:
            return self._rules.of_unit.get(unit_id, ())
        return self._that_speak(self._rules.speaking_of_unit.of(unit_id))

    def _of_grid(self, exclusive_id: int) -> Sequence[ResponsibilityRule]:
        """Return the rules of an exclusive grid; those of other matters only for the trace."""
        if self._traced:
            return self._rules.of_exclusive.get(exclusive_id, ())
        return self._that_speak(self._rules.speaking_of_exclusive.of(exclusive_id))

    def _that_speak(self, rules: ByMatter) -> Sequence[ResponsibilityRule]:
        return [rule for one in (*self._lineage, None) for rule in rules.get(one, ())]

    def _of_mode(
        self, rules: Sequence[ResponsibilityRule], mode: str | None
    ) -> Sequence[ResponsibilityRule]:
        """Return the rules that stand in a mode; without one also those of ordinary days."""
        if mode is not None:
            return [rule for rule in rules if rule.mode == mode]
        ordinary = None if self._around.modes else DAILY
        return [rule for rule in rules if rule.mode is None or rule.mode == ordinary]

    def best(self, step: _Step) -> _Best | None:
        """Return the rule of a step that decides, with its party; None if none holds."""
        held = [
            (self._rank(rule, scope), rule, scope)
            for scope in step.scopes
            for rule in scope.rules
            if rule.role != "co_handler" and self._against(rule) is None
        ]
        for rank, rule, scope in sorted(held, key=lambda one: one[0]):
            party = self._party(rule, rule.party, rule.party_kind)
            if party is not None:
                return _Best(rank, rule, party, scope)
        return None

    def _against(self, rule: ResponsibilityRule) -> str | None:
        """Return why a rule does not hold for this matter at this minute; None if it holds."""
        if not rule.holds_for(self._lineage):
            return "other_matter"
        return None if rule.when in self._holding else "other_time"

    def _rank(self, rule: ResponsibilityRule, scope: _Scope) -> Rank:
        lineage = self._lineage
        return (
            rule.role != "lead",
            len(lineage) if rule.matter is None else lineage.index(rule.matter),
            -rule.priority,
            -rule.when.specificity,
            2 * scope.order + (rule.asset_name is None),
            rule.rule_id,
        )

    def _party(
        self, rule: ResponsibilityRule, party: Party | None, kind: str | None
    ) -> Party | None:
        """Return the party named, or that of a kind which serves the territory, climbing."""
        if kind is None:
            return party
        if rule.scope_exclusive_id is not None:
            own = self._rules.serving_exclusive.get((kind, rule.scope_exclusive_id))
            if own is not None:
                return own
        chain = self._legal if rule.tree == "legal" else self._chain
        serving = self._rules.serving_unit
        found = (serving.get((kind, unit.unit_id)) for unit in reversed(chain))
        return next((one for one in found if one is not None), None)

    def assignment(self, step: _Step, best: _Best, trace: tuple[Considered, ...]) -> Assignment:
        """Return what the deciding rule says."""
        beside = self._co_handlers(best)
        joint = bool(beside) and best.rule.handling == "direct"
        return Assignment(
            party=best.party,
            co_handlers=beside,
            rule_id=best.rule.rule_id,
            rule_set=self._rules.rule_set,
            scope=best.scope.code,
            reason=step.reason,
            handling="joint" if joint else best.rule.handling,
            mode=step.mode,
            seconds=tuple(self._seconds(best)),
            trace=trace,
        )

    def _co_handlers(self, best: _Best) -> tuple[Party, ...]:
        beside = {
            party
            for rule in best.scope.rules
            if rule.role == "co_handler" and self._against(rule) is None
            if (party := self._party(rule, rule.party, rule.party_kind)) is not None
        }
        return tuple(sorted(beside - {best.party}, key=lambda party: party.code))

    def _seconds(self, best: _Best) -> Iterator[Second]:
        rule = best.rule
        if rule.reports_to is not None or rule.reports_to_kind is not None:
            party = self._party(rule, rule.reports_to, rule.reports_to_kind)
            if party is not None and party != best.party:
                yield Second("reports_to", party)
        if rule.handling == "escalated" and best.party.superior_id is not None:
            yield Second("escalated_to", self._rules.parties[best.party.superior_id])

    def considered(self, step: _Step, best: _Best | None) -> Iterator[Considered]:
        """Yield each scope of a step with the rules that lost there."""
        for scope in step.scopes:
            decided = best.rule.rule_id if best is not None and best.scope is scope else None
            lost = tuple(
                Lost(rule.rule_id, self._why(rule, scope, best))
                for rule in scope.rules
                if rule.rule_id != decided
            )
            yield Considered(scope.code, step.reason, decided, step.mode, lost)

    def _why(self, rule: ResponsibilityRule, scope: _Scope, best: _Best | None) -> str:
        against = self._against(rule)
        if against is not None:
            return against
        if rule.role == "co_handler":
            return "stands_beside"
        rank = self._rank(rule, scope)
        if best is None or rank < best.rank:
            return "no_party_of_kind"
        parts = zip(TIE_BREAKS, rank, best.rank, strict=True)
        return next(name for name, own, of_best in parts if own != of_best)


def _only(scope: _Scope, *, of_all: bool) -> _Scope:
    """Return a scope with the rules for all matters, or with those that name one."""
    rules = [rule for rule in scope.rules if (rule.matter is None) == of_all]
    return _Scope(scope.code, rules, scope.order)
