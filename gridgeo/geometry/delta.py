"""A change of the map as a value: what was, what is, keyed by code.

`~d` undoes, `a + b` is first a, then b; together they are the algebra that plans and versions use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gridgeo.geometry.errors import DeltaMismatch

V = TypeVar("V")


@dataclass(frozen=True)
class Delta(Generic[V]):
    """Old and new values by code; a code only in `old` goes, one only in `new` comes.

    A code whose value is the same on both sides is no change and is dropped. No value is None.
    """

    old: Mapping[str, V] = field(default_factory=dict)
    new: Mapping[str, V] = field(default_factory=dict)

    def __post_init__(self) -> None:
        same = {code for code, value in self.old.items() if self.new.get(code) == value}
        for name, side in (("old", self.old), ("new", self.new)):
            changed = {code: value for code, value in side.items() if code not in same}
            object.__setattr__(self, name, changed)

    @classmethod
    def between(cls, before: Mapping[str, V], after: Mapping[str, V]) -> "Delta[V]":
        """Build the change that leads from one state to another."""
        return cls(before, after)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that change, in byte order."""
        return tuple(sorted(self.old.keys() | self.new.keys(), key=str.encode))

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.old or self.new)

    def __invert__(self) -> "Delta[V]":
        """Return the change that undoes this one."""
        return Delta(self.new, self.old)

    def __add__(self, after: "Delta[V]") -> "Delta[V]":
        """Compose: first this change, then `after`.

        Raises
        ------
        DeltaMismatch
            When `after` expects another state than this change leaves.
        """
        for code in sorted(set(self.codes).intersection(after.codes)):
            if self.new.get(code) != after.old.get(code):
                raise DeltaMismatch(code, "the second change expects another value than the first")
        carried = {code: v for code, v in after.old.items() if code not in self.new}
        kept = {code: v for code, v in self.new.items() if code not in after.old}
        return Delta({**self.old, **carried}, {**kept, **after.new})

    def apply(self, state: Mapping[str, V]) -> dict[str, V]:
        """Return the state after this change, in the order of `state`, newcomers last.

        Raises
        ------
        DeltaMismatch
            When the state does not hold what the change expects.
        """
        for code in self.codes:
            if state.get(code) != self.old.get(code):
                raise DeltaMismatch(code, "the map holds another value than the change expects")
        kept = {
            code: self.new.get(code, value)
            for code, value in state.items()
            if code in self.new or code not in self.old
        }
        return {**kept, **{code: v for code, v in self.new.items() if code not in kept}}
