"""Who answers for what: parties, responsibility rules, rule sets, categories and channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Party:
    """An office or a post that answers for matters; never a person."""

    party_id: int
    code: str
    name: str
    kind: str
    contact: str


@dataclass(frozen=True, slots=True)
class ResponsibilityRule:
    """A party answers in a role for a unit (and below) or an exclusive grid.

    With a category it holds for that class code and everything below it in the same scheme; without
    one it holds for every category: the territorial fallback.
    """

    rule_id: int
    scope_unit_id: int | None
    scope_exclusive_id: int | None
    category_scheme: str | None
    category: str | None
    role: str
    party: Party

    def holds_for(self, scheme: str | None, category: str | None) -> bool:
        """Say whether the rule speaks of a category; a rule without one speaks of all."""
        if self.category is None:
            return True
        return (
            category is not None
            and self.category_scheme == scheme
            and category.startswith(self.category)
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One state of all rules; a change of rules is a new set. `rules` are grouped by scope."""

    rule_set: int
    valid_from: datetime
    of_unit: Mapping[int, Sequence[ResponsibilityRule]]
    of_exclusive: Mapping[int, Sequence[ResponsibilityRule]]


@dataclass(frozen=True, slots=True)
class NewParty:
    """A party to be written."""

    code: str
    name: str
    kind: str
    contact: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule to be written, by official codes; exactly one of the two scopes is given."""

    party_code: str
    unit_code: str | None = None
    exclusive_code: str | None = None
    category_scheme: str | None = None
    category: str | None = None
    role: str = "lead"
