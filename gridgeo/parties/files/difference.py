"""What one rule document says and another does not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gridgeo.parties.files.document import SHAPE

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The rows of a table that only the former document has, and those that only the latter has."""

    table: str
    gone: Sequence[Cells]
    come: Sequence[Cells]

    def told(self, rows: Iterable[Cells]) -> list[dict[str, str]]:
        """Return rows by column, without what is not said."""
        columns = SHAPE[self.table]
        return [{k: c for k, c in zip(columns, row, strict=True) if c} for row in rows]


def differences(
    before: Mapping[str, Sequence[Cells]], after: Mapping[str, Sequence[Cells]]
) -> list[Difference]:
    """Return the tables of two documents that differ, rows in the order of their document.

    The order of rows in a table does not count, but how often one stands there does.
    """
    found = [
        Difference(table, _only(before[table], after[table]), _only(after[table], before[table]))
        for table in SHAPE
    ]
    return [one for one in found if one.gone or one.come]


def _only(own: Sequence[Cells], other: Sequence[Cells]) -> list[Cells]:
    left = Counter(other)
    only = []
    for row in own:
        if left[row]:
            left[row] -= 1
        else:
            only.append(row)
    return only
