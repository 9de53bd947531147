"""Who has nobody: the city without a fallback, classes and exclusive grids without a party."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from gridgeo.parties.calendars import ALWAYS, DAILY, When
from gridgeo.parties.checks.known import Known
from gridgeo.parties.checks.times import Clock
from gridgeo.parties.files.document import RuleDocument
from gridgeo.parties.files.tables import Fault
from gridgeo.parties.model import CategoryTree, Class
from gridgeo.parties.written import NewRule

SET = "the rule set"
"""Stands for the file where it is the whole that lacks something."""


class Owners:
    """Which units have a rule that leads for a class at every minute of ordinary days."""

    def __init__(self, document: RuleDocument, known: Known, clock: Clock, now: datetime) -> None:
        changes = document.changes
        mapped = {(m.scheme, m.category): (m.to_scheme, m.to_category) for m in changes.mappings}
        self.known = known
        self.tree = CategoryTree(known.categories, mapped)
        whens: defaultdict[tuple[str, Class | None], list[When]] = defaultdict(list)
        self._has_fallback = any(_is_fallback(rule, known.root) for rule in changes.rules)
        for rule in changes.rules:
            if rule.unit_code is not None and _is_of_every_day(rule):
                whens[rule.unit_code, _matter(rule)].append(rule.when)
        self.units: defaultdict[Class | None, set[str]] = defaultdict(set)
        for (unit, matter), found in whens.items():
            if clock.is_always(found, now):
                self.units[matter].add(unit)
        self._bare: dict[frozenset[str], list[str]] = {}

    def faults(self) -> Iterator[Fault]:
        """Yield the city if nobody answers for all else, and every class that lacks an owner."""
        if not self._has_fallback:
            message = (
                "nobody answers for all that no rule speaks of; give the city a rule that names a "
                "party as lead, without category, mode and time"
            )
            yield Fault(SET, 0, "unit", self.known.root, message, "no_fallback")
        for scheme, code in self.known.categories:
            bare = self.bare_leaves((scheme, code))
            if bare:
                share = len(bare) / len(self.known.leaves)
                message = (
                    f"no rule speaks of it in {len(bare)} of {len(self.known.leaves)} leaves "
                    f"({share:.1%}), {bare[0]} the first: only the territorial fallback answers"
                )
                value = f"{scheme}:{code}"
                yield Fault(SET, 0, "category", value, message, "category_without_owner", "warning")

    def bare_leaves(self, category: Class) -> list[str]:
        """Return the leaves where no rule speaks of a class, in code order."""
        lineage = self.tree.lineage(*category)
        owners = frozenset().union(*(self.units[matter] for matter in lineage))
        if owners not in self._bare:
            self._bare[owners] = self._below_none(owners)
        return self._bare[owners]

    def _below_none(self, owners: frozenset[str]) -> list[str]:
        """Return the leaves that are none of some units and below none of them."""
        if self.known.root in owners:
            return []
        owned: dict[str, bool] = {}
        for code in self.known.parents:
            climbed = []
            for step in self.known.climb(code):
                if step in owned:
                    break
                climbed.append(step)
            for step in reversed(climbed):
                above = self.known.parents[step]
                owned[step] = step in owners or (above is not None and owned[above])
        return sorted(leaf for leaf in self.known.leaves if not owned[leaf])


def _is_fallback(rule: NewRule, root: str) -> bool:
    named = rule.unit_code == root and rule.party_code is not None and rule.role == "lead"
    return named and _matter(rule) is None and rule.mode is None and rule.when == ALWAYS


def _is_of_every_day(rule: NewRule) -> bool:
    return rule.role != "co_handler" and rule.mode in (None, DAILY)


def _matter(rule: NewRule) -> Class | None:
    if rule.category_scheme is None or rule.category is None:
        return None
    return rule.category_scheme, rule.category


def exclusive_faults(rules: Sequence[NewRule], known: Known) -> Iterator[Fault]:
    """Yield exclusive grids of which no rule speaks, and those where nobody leads."""
    roles: defaultdict[str, set[str]] = defaultdict(set)
    for rule in rules:
        if rule.exclusive_code is not None:
            roles[rule.exclusive_code].add(rule.role)
    for code in sorted(known.exclusive):
        if not roles[code]:
            message = "the exclusive grid has no party; give it a rule"
            yield Fault(SET, 0, "exclusive_grid", code, message, "grid_without_party")
        elif roles[code] == {"co_handler"}:
            message = "nobody leads in the exclusive grid: territory decides"
            yield Fault(SET, 0, "exclusive_grid", code, message, "grid_without_lead", "warning")
