"""The cells of a row as values."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from gridgeo.parties.files.document import WEEKDAYS
from gridgeo.parties.files.tables import BETWEEN, Fault, Row

T = TypeVar("T")


class Cells:
    """The cells of one row as values; what cannot be one is noted as a fault, and work goes on."""

    def __init__(self, row: Row, faults: list[Fault]) -> None:
        self.row = row
        self.faults = faults
        self._said = row.cells

    def refuse(self, key: str, message: str) -> None:
        """Note what is wrong with a cell."""
        self.faults.append(Fault.of(self.row, key, message))

    def text(self, key: str) -> str:
        """Return a cell, '' if it is not there."""
        return self._said.get(key, "")

    def maybe(self, key: str) -> str | None:
        """Return a cell, None if it is empty."""
        return self._said.get(key) or None

    def needed(self, key: str) -> str:
        """Return a cell that must not be empty."""
        text = self._said.get(key, "")
        if not text:
            self.refuse(key, "it is empty, and must be said")
        return text

    def one_of(self, key: str, known: Sequence[str], usual: str = "") -> str:
        """Return one of a list of words; the usual one where nothing is said."""
        value = self.text(key) or usual
        if value not in known:
            self.refuse(key, f"it is none of {', '.join(known)}")
        return value

    def several_of(self, key: str, known: Sequence[str]) -> list[str]:
        """Return words of a list, none where nothing is said."""
        parts = [part.strip() for part in self.text(key).split(BETWEEN) if part.strip()]
        for part in parts:
            if part not in known:
                self.refuse(key, f"{part!r} is none of {', '.join(known)}")
        return parts

    def weekdays(self, key: str) -> frozenset[int]:
        """Return days of the week, 1 Monday to 7 Sunday."""
        days = self.several_of(key, WEEKDAYS)
        return frozenset(WEEKDAYS.index(day) + 1 for day in days if day in WEEKDAYS)

    def read(self, key: str, reading: Callable[[str], T], usual: T, what: str) -> T:
        """Return what a function makes of a cell; `ValueError` says that it is no such thing."""
        text = self.text(key)
        if not text:
            return usual
        try:
            return reading(text)
        except ValueError:
            self.refuse(key, f"it is no {what}")
            return usual

    def exactly_one(self, *keys: str) -> None:
        """Note it unless just one of some cells is said."""
        given = [key for key in keys if self._said.get(key)]
        if len(given) != 1:
            said = " and ".join(given) or "none"
            self.refuse((given or keys)[-1], f"say exactly one of {', '.join(keys)}, not {said}")

    def together(self, *keys: str) -> None:
        """Note it when some of these cells are said and others are not."""
        given = [key for key in keys if self._said.get(key)]
        if given and len(given) != len(keys):
            missing = next(key for key in keys if key not in given)
            self.refuse(missing, f"it is needed beside {given[0]}")
