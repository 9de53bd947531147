"""What differs between two maps, each a version or a plan: who comes, goes, changes, gives ground.

Which units differ is told by their spans of versions, in SQL, and by the edits of plans; shapes are
read only for the units that are shown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import shapely
from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.plans.moved import Move, moved_ground
from gridgeo.plans.sides import Side
from gridgeo.units.model import Shape, Unit

CHANGED_BETWEEN = statement(__package__, "changed_between")

Kind = Literal[
    "created", "retired", "reshaped", "renamed", "reparented", "legal_parent", "households", "leaf",
    "synthetic", "level",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """All that is said of a unit but its shape."""

    level: str
    name: str
    parent_code: str | None
    legal_parent_code: str | None
    is_leaf: bool
    households: int
    synthetic: bool

    @classmethod
    def of(cls, unit: Unit) -> "State":
        """Return what is said of a unit."""
        return cls(
            unit.level, unit.name, unit.parent_code, unit.legal_parent_code, unit.is_leaf,
            unit.households, unit.synthetic,
        )  # fmt: skip


_WORDS: Mapping[str, Kind] = {
    "level": "level",
    "name": "renamed",
    "parent_code": "reparented",
    "legal_parent_code": "legal_parent",
    "is_leaf": "leaf",
    "households": "households",
    "synthetic": "synthetic",
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A unit that differs: before and after, None where it is not there."""

    code: str
    before: State | None
    after: State | None
    reshaped: bool

    @property
    def unit(self) -> State:
        """The unit as it is afterwards, or as it was when it goes."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What becomes of the unit."""
        if self.before is None:
            return ("created",)
        if self.after is None:
            return ("retired",)
        words: list[Kind] = ["reshaped"] if self.reshaped else []
        differing = (k for k in _WORDS if getattr(self.before, k) != getattr(self.after, k))
        return (*words, *(_WORDS[key] for key in differing))


@dataclass(frozen=True, slots=True)
class Shown:
    """A unit that differs, with its shapes in degrees and their areas."""

    changed: Changed
    old: Shape | None
    new: Shape | None
    old_m2: float | None
    new_m2: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the units that differ, in code order, and the ground that they give to others.

    `more` says whether there are units after the last one shown.
    """

    shown: Sequence[Shown]
    moves: Sequence[Move]
    more: bool

    @property
    def next(self) -> str | None:
        """The code to continue after, None when there is no more."""
        return self.shown[-1].changed.code if self.more else None


def changed_units(conn: Connection[Any], before: Side, after: Side) -> list[Changed]:
    """Return every unit that differs between two maps, in code order."""
    rows = {row.code: row for row in _between(conn, before.version, after.version)}
    drawn = sorted({*before.done.units.codes, *after.done.units.codes}, key=str.encode)
    if drawn:
        old, new = _both(conn, before, after, drawn)
        rows = {code: row for code, row in rows.items() if code not in set(drawn)}
        rows |= {row.code: row for row in _differing(drawn, old, new)}
    return [rows[code] for code in sorted(rows, key=str.encode)]


def _between(conn: Connection[Any], before: int, after: int) -> Iterator[Changed]:
    if before == after:
        return
    for code, reshaped, *states in conn.execute(
        CHANGED_BETWEEN, {"before": before, "after": after}
    ):
        old, new = (State(*side) if side[0] else None for side in (states[:7], states[7:]))
        yield Changed(code, old, new, reshaped)


def _both(
    conn: Connection[Any], before: Side, after: Side, codes: Sequence[str]
) -> tuple[Mapping[str, Unit], Mapping[str, Unit]]:
    """Return the units of these codes on both sides; a draft against its own base reads nothing."""
    if before.version == after.version and not before.done.units:
        delta = after.done.units
        if set(codes) <= set(delta.codes):
            return delta.old, delta.new
    return before.units(conn, codes), after.units(conn, codes)


def _differing(
    codes: Iterable[str], old: Mapping[str, Unit], new: Mapping[str, Unit]
) -> Iterator[Changed]:
    for code in codes:
        before, after = old.get(code), new.get(code)
        states = [None if unit is None else State.of(unit) for unit in (before, after)]
        reshaped = before is not None and after is not None and _reshaped(before, after)
        if reshaped or states[0] != states[1]:
            yield Changed(code, states[0], states[1], reshaped)


def _reshaped(before: Unit, after: Unit) -> bool:
    """Whether the corners of two shapes differ, wherever their rings begin."""
    if before.shape == after.shape:
        return False
    one, other = (shapely.normalize(unit.shape) for unit in (before, after))
    return not shapely.equals_identical(one, other)


def counts(changed: Iterable[Changed]) -> dict[str, int]:
    """Return how many units each thing becomes of, in the order of the words."""
    found = Counter(kind for row in changed for kind in row.kinds)
    return {kind: found[kind] for kind in get_args(Kind) if found[kind]}


def page(
    conn: Connection[Any], before: Side, after: Side, changed: Sequence[Changed], planar: Planar,
    after_code: str | None, limit: int,
) -> Page:  # fmt: skip
    """Return some of the changed units with their shapes, and the ground they give away."""
    rest = [row for row in changed if after_code is None or row.code > after_code]
    rows = rest[:limit]
    old, new = _both(conn, before, after, [row.code for row in rows])
    leaves = {row.code: old[row.code] for row in rows if row.code in old and old[row.code].is_leaf}
    takers = _takers(conn, after, leaves, {row.code for row in changed})
    return Page(
        list(_shown(rows, old, new, planar)),
        list(moved_ground(leaves, takers, planar)),
        len(rest) > limit,
    )


def _takers(
    conn: Connection[Any], after: Side, givers: Mapping[str, Unit], changed: set[str]
) -> dict[str, Unit]:
    """Return the changed leaves near those that may give ground away."""
    if not givers:
        return {}
    near = after.leaves_in(conn, shapely.bounds([unit.shape for unit in givers.values()]))
    return {code: unit for code, unit in near.items() if code in changed}


def _shown(
    rows: Sequence[Changed], old: Mapping[str, Unit], new: Mapping[str, Unit], planar: Planar
) -> Iterator[Shown]:
    shapes = [[side[row.code].shape if row.code in side else None for row in rows]
              for side in (old, new)]  # fmt: skip
    areas = [
        iter(planar.areas_m2([shape for shape in side if shape is not None]).tolist())
        for side in shapes
    ]
    for row, before, after in zip(rows, *shapes, strict=True):
        old_m2, new_m2 = (
            None if shape is None else next(measured)
            for shape, measured in zip((before, after), areas, strict=True)
        )
        yield Shown(row, before, after, old_m2, new_m2)
