"""`assign`: whose is it? Pure: a placement, the rules and a category give one assignment.

The order of decision: exclusive grids over the point; then the rules that speak of the category,
from the leaf up to the city; then the territorial fallback, the nearest unit upwards that has a
rule for every category. Within one scope the longest category that fits decides. The city itself
always has a fallback, so nobody is never the answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gridgeo.errors import Unavailable
from gridgeo.locate.model import Placement, UnitRef
from gridgeo.parties.model import Party, ResponsibilityRule, RuleSet


@dataclass(frozen=True, slots=True)
class Considered:
    """One scope on the way to the decision; `rule_id` is the rule that decided, else None."""

    scope: str
    reason: str
    rule_id: int | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The one lead party, those beside it, and why."""

    party: Party
    co_handlers: tuple[Party, ...]
    rule_id: int
    rule_set: int
    scope: str
    reason: str
    trace: tuple[Considered, ...]

    @property
    def fallback(self) -> bool:
        """Whether the territory answered because no rule speaks of the matter itself."""
        return self.reason in ("territorial_fallback", "outside_city")


def assign(
    placement: Placement,
    rules: RuleSet,
    root: UnitRef,
    category: str | None = None,
    scheme: str | None = None,
) -> Assignment:
    """Return the assignment of a placed point.

    Parameters
    ----------
    root : UnitRef
        The city, which answers for points outside it.
    category, scheme : str, optional
        A class code and the scheme it belongs to; without them only fallbacks decide.

    Raises
    ------
    Unavailable
        Not even the city has a rule without a category: the rule set is incomplete.
    """
    trace: list[Considered] = []
    for scope, reason, candidates in _scopes(placement, rules, root):
        chosen = _leading(candidates, scheme, category) if candidates else None
        if chosen is None:
            trace.append(Considered(scope, reason, None))
            continue
        trace.append(Considered(scope, reason, chosen.rule_id))
        return Assignment(
            party=chosen.party,
            co_handlers=_co_handlers(candidates, chosen, scheme, category),
            rule_id=chosen.rule_id,
            rule_set=rules.rule_set,
            scope=scope,
            reason=reason,
            trace=tuple(trace),
        )
    raise Unavailable(
        f"Rule set {rules.rule_set} names no party for the city {root.code} itself; "
        "give the city a rule without a category."
    )


def _scopes(
    placement: Placement, rules: RuleSet, root: UnitRef
) -> Iterator[tuple[str, str, list[ResponsibilityRule]]]:
    """Yield the scopes in the order of decision, each with the reason it would give."""
    for grid in placement.exclusive:
        yield grid.code, "exclusive_grid", list(rules.of_exclusive.get(grid.exclusive_id, ()))
    upwards = [(u.code, rules.of_unit.get(u.unit_id, ())) for u in reversed(placement.chain)]
    for code, found in upwards:
        yield code, "unit_rule", [rule for rule in found if rule.category is not None]
    for code, found in upwards:
        yield code, "territorial_fallback", [rule for rule in found if rule.category is None]
    if placement.unit is None:
        yield root.code, "outside_city", list(rules.of_unit.get(root.unit_id, ()))


def _leading(
    candidates: Iterable[ResponsibilityRule], scheme: str | None, category: str | None
) -> ResponsibilityRule | None:
    """Return the rule of a lead that speaks of the matter most closely, of equals the oldest."""
    leads = [r for r in candidates if r.role == "lead" and r.holds_for(scheme, category)]
    return max(leads, key=lambda r: (len(r.category or ""), -r.rule_id), default=None)


def _co_handlers(
    candidates: Iterable[ResponsibilityRule],
    chosen: ResponsibilityRule,
    scheme: str | None,
    category: str | None,
) -> tuple[Party, ...]:
    beside = [
        rule.party
        for rule in candidates
        if rule.role == "co_handler"
        and rule.holds_for(scheme, category)
        and rule.party != chosen.party
    ]
    return tuple(sorted(set(beside), key=lambda party: party.code))
