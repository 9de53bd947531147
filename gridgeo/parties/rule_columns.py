"""The long lists of a rule set as arrays: a file can hold them, and a start reads few of them.

Tens of thousands of rules differ in a few hundred ways beside their place and party; each way is
a form, kept once. A rule is made when somebody asks for those of its place.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gridgeo.parties.model import Attachment, Party, ResponsibilityRule
from gridgeo.parties.rows import Row, rules_of

NONE = -1

SCOPE, RULE, PARTY, REPORTS_TO, FORM = range(5)
"""Rows of the arrays of rules: id of unit or exclusive grid, of rule and parties; place of form."""

UNIT, EXCLUSIVE, ASSET = "of_unit", "of_exclusive", "of_asset"

Ints = NDArray[np.int64]
Arrays = Mapping[str, NDArray[Any]]


class Said(msgspec.Struct, array_like=True):
    """What is no number: all parties, and rows of `rules_of_set.sql` without ids."""

    parties: list[Party]
    forms: list[list[Any]]
    roles: list[str]


def columns_of(parties: Sequence[Row], rules: Iterable[Row], attached: Iterable[Row]) -> Arrays:
    """Return rows of `parties_of_set`, `rules_of_set` and `attachments_of_set` as arrays.

    Rules and attachments are in id order, and stay so within a scope.
    """
    forms: dict[bytes, int] = {}
    roles: dict[str, int] = {}
    of: dict[str, list[list[int]]] = {UNIT: [], EXCLUSIVE: [], ASSET: []}
    for row in rules:
        rule_id, unit_id, exclusive_id, *_ = row
        form = msgspec.msgpack.encode([0, None, None, *row[3:6], None, *row[7:21], None, row[22]])
        scope = UNIT if unit_id is not None else EXCLUSIVE if exclusive_id is not None else ASSET
        scope_id = unit_id if unit_id is not None else exclusive_id
        place = forms.setdefault(form, len(forms))
        of[scope].append([_id(scope_id), rule_id, _id(row[6]), _id(row[21]), place])
    serving = [
        [party_id, _id(unit_id), _id(exclusive_id), roles.setdefault(role, len(roles))]
        for _, party_id, unit_id, exclusive_id, role in attached
    ]
    said = Said(
        [Party(*row) for row in parties], [msgspec.msgpack.decode(form) for form in forms],
        list(roles),
    )  # fmt: skip
    return {
        **{scope: _by_scope(found) for scope, found in of.items()},
        "attached": np.array(serving, dtype=np.int64).reshape(-1, 4).T,
        "said": np.frombuffer(msgspec.msgpack.encode(said), dtype=np.uint8),
    }


def _id(given: int | None) -> int:
    return NONE if given is None else given


def _by_scope(rules: list[list[int]]) -> Ints:
    table = np.array(rules, dtype=np.int64).reshape(-1, 5).T
    return np.ascontiguousarray(table[:, np.argsort(table[SCOPE], kind="stable")])


class Ruling:
    """What the arrays of `columns_of` say, as values.

    `parties` by id, `of_unit`, `of_exclusive`, `of_asset` and `attached` as a `RuleSet` takes them;
    `forms`: a rule of each form, without place and party.
    """

    def __init__(self, columns: Arrays) -> None:
        said = msgspec.msgpack.decode(columns["said"].data, type=Said)
        self.parties = {party.party_id: party for party in said.parties}
        self.forms = list(rules_of(said.forms, self.parties))
        scoped = {
            scope: ScopedRules(columns[scope], scope, self.forms, self.parties)
            for scope in (UNIT, EXCLUSIVE, ASSET)
        }
        self.of_unit, self.of_exclusive = scoped[UNIT], scoped[EXCLUSIVE]
        self.of_asset = scoped[ASSET].get(NONE, [])
        self.attached = [
            Attachment(
                self.parties[party_id], _none(unit_id), _none(exclusive_id), said.roles[role]
            )
            for party_id, unit_id, exclusive_id, role in columns["attached"].T.tolist()
        ]


class ScopedRules(Mapping[int, Sequence[ResponsibilityRule]]):
    """Rules by the id of their unit or exclusive grid, made when they are first asked for.

    Parameters
    ----------
    table : int64 array (5, n)
        As `columns_of` makes it, ascending by scope.
    scope : str
        `UNIT`, `EXCLUSIVE` or `ASSET`: the last are all under `NONE`.
    forms : sequence of ResponsibilityRule
    parties : mapping
        By id.
    """

    def __init__(
        self,
        table: Ints,
        scope: str,
        forms: Sequence[ResponsibilityRule],
        parties: Mapping[int, Party],
    ) -> None:
        ids, begins = np.unique(table[SCOPE], return_index=True)
        self._table = table
        self._ends = [*begins.tolist(), table.shape[1]]
        self._place = dict(zip(ids.tolist(), range(len(ids)), strict=True))
        self._scope, self._forms, self._parties = scope, forms, parties
        self._made: dict[int, list[ResponsibilityRule]] = {}

    def __getitem__(self, scope_id: int) -> Sequence[ResponsibilityRule]:
        """Return the rules of a scope in id order; the same objects each time."""
        found = self._made.get(scope_id)
        if found is None:
            place = self._place[scope_id]
            rows = self._table[:, self._ends[place] : self._ends[place + 1]].T.tolist()
            found = self._made.setdefault(scope_id, [self._rule(*row) for row in rows])
        return found

    def __iter__(self) -> Iterator[int]:
        """Yield the ids of scopes, ascending."""
        return iter(self._place)

    def __len__(self) -> int:
        """Return how many scopes have rules."""
        return len(self._place)

    def __contains__(self, scope_id: object) -> bool:
        """Say whether a scope has rules, without making them."""
        return scope_id in self._place

    def _rule(
        self, scope_id: int, rule_id: int, party_id: int, reports_to: int, form: int
    ) -> ResponsibilityRule:
        return self._forms[form]._replace(
            rule_id=rule_id,
            scope_unit_id=scope_id if self._scope == UNIT else None,
            scope_exclusive_id=scope_id if self._scope == EXCLUSIVE else None,
            party=self._party(party_id),
            reports_to=self._party(reports_to),
        )

    def _party(self, party_id: int) -> Party | None:
        return None if party_id == NONE else self._parties[party_id]


def _none(stored: int) -> int | None:
    return None if stored == NONE else stored
