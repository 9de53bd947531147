"""How the map changes: a plan is a list of edits drawn on a version; its states; its delta."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from gridgeo.errors import StateConflict
from gridgeo.geometry.delta import Delta
from gridgeo.units.model import Box, ExclusiveGrid, Profile, Shape, Unit

NEXT_STATES: Mapping[str, Mapping[str, str]] = {
    "draft": {"submit": "submitted", "withdraw": "withdrawn"},
    "submitted": {"approve": "approved", "reject": "draft", "withdraw": "withdrawn"},
    "approved": {"publish": "published", "reject": "draft", "withdraw": "withdrawn"},
    "published": {},
    "withdrawn": {},
}
"""Which step leads from which state to which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan without its edits; `revision` counts every change to it.

    `at_seq` is the last edit in force, 0 for none; `publish_at` the minute at which an approved
    plan shall be published, `publish_as` who set it.
    """

    plan_id: int
    title: str
    state: str
    base_version: int
    published_version: int | None
    revision: int
    document_no: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime
    at_seq: int = 0
    publish_at: datetime | None = None
    publish_as: str | None = None


def next_state(plan: Plan, step: str) -> str:
    """Return the state that a step leads to; raises `StateConflict` naming the allowed steps."""
    steps = NEXT_STATES[plan.state]
    if step not in steps:
        allowed = ", ".join(steps) or "none"
        raise StateConflict(
            f"Plan {plan.plan_id} is {plan.state}; from there the steps are: {allowed}.",
            key="state",
            value=plan.state,
        )
    return steps[step]


def require_draft(plan: Plan) -> None:
    """Raise `StateConflict` unless the plan may still be drawn on."""
    if plan.state != "draft":
        raise StateConflict(
            f"Plan {plan.plan_id} is {plan.state}; only a draft takes edits. Reject or withdraw it "
            "first, or open a new plan.",
            key="state",
            value=plan.state,
        )


# --- edits -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """What an edit, or several, make of the map: `~c` undoes, `a + b` is first a, then b.

    Parameters
    ----------
    units
        Units before and after, by code.
    exclusive
        Exclusive grids before and after, by code.
    """

    units: Delta[Unit] = field(default_factory=Delta)
    exclusive: Delta[ExclusiveGrid] = field(default_factory=Delta)

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.units) or bool(self.exclusive)

    def __invert__(self) -> "Change":
        """Return the change that undoes this one."""
        return Change(~self.units, ~self.exclusive)

    def __add__(self, after: "Change") -> "Change":
        """Compose; raises `DeltaMismatch` when `after` expects another map than this one leaves."""
        return Change(self.units + after.units, self.exclusive + after.exclusive)


class BaseMap(Protocol):
    """The version that a plan was drawn on, of which an edit reads what it needs."""

    @property
    def version(self) -> int:
        """Its number."""

    @property
    def profile(self) -> Profile:
        """The city's profile."""

    @property
    def root(self) -> Unit:
        """The city itself."""

    def around(self, box: Box) -> Mapping[str, Unit]:
        """Return the units, of every level, whose box meets (west, south, east, north)."""

    def family(self, codes: Collection[str]) -> Mapping[str, Unit]:
        """Return the units of these codes, as far as there are any, and all their children."""

    def codes_given(self, beginning: str) -> Collection[str]:
        """Return all codes that begin so and were given to a unit up to this version."""

    def exclusive_grids(self, codes: Collection[str]) -> Mapping[str, ExclusiveGrid]:
        """Return the exclusive grids of these codes, as far as there are any."""

    def exclusive_codes_given(self, beginning: str) -> Collection[str]:
        """Return all codes that begin so and were ever given to an exclusive grid."""

    def change_between(self, before: int, after: int) -> Change:
        """Return what the versions after one did, up to another."""


@dataclass(frozen=True)
class PlanMap:
    """The map as the edits of a plan have made it so far; `done` is what they did together.

    `promised` are the codes that an edit found out when it was drawn: as long as they are free, it
    finds them again.
    """

    base: BaseMap
    done: Change
    promised: tuple[str, ...] = ()

    @property
    def profile(self) -> Profile:
        """The city's profile."""
        return self.base.profile

    @property
    def root(self) -> Unit:
        """The city itself."""
        return self.done.units.new.get(self.base.root.code, self.base.root)

    def around(self, box: Box) -> dict[str, Unit]:
        """Return the units, of every level, whose box meets (west, south, east, north), or more."""
        return self._now(self.base.around(box))

    def family(self, codes: Collection[str]) -> dict[str, Unit]:
        """Return the units of these codes, as far as there are any, and all their children."""
        units = self._now(self.base.family(codes))
        return {
            code: unit for code, unit in units.items() if code in codes or unit.parent_code in codes
        }

    def codes_given(self, beginning: str) -> set[str]:
        """Return all codes that begin so and were ever given to a unit, in this plan too."""
        given = set(self.base.codes_given(beginning))
        return given | {code for code in self.done.units.new if code.startswith(beginning)}

    def exclusive_grids(self, codes: Collection[str]) -> dict[str, ExclusiveGrid]:
        """Return the exclusive grids of these codes, as far as there are any."""
        done = self.done.exclusive
        found = self.base.exclusive_grids(codes)
        kept = {code: grid for code, grid in found.items() if code not in done.old}
        return {**kept, **{code: grid for code, grid in done.new.items() if code in codes}}

    def exclusive_codes_given(self, beginning: str) -> set[str]:
        """Return all codes that begin so and were ever given to an exclusive grid."""
        given = set(self.base.exclusive_codes_given(beginning))
        return given | {code for code in self.done.exclusive.new if code.startswith(beginning)}

    def after(self, edit: "Edit", promised: Sequence[str] = ()) -> "PlanMap":
        """Return the map with one more edit; raises `EditRefused` with place and codes."""
        change = edit.change(replace(self, promised=tuple(promised)))
        return PlanMap(self.base, self.done + change)

    def since(self, earlier: "PlanMap") -> Delta[Unit]:
        """Return how the units differ from those of another map on the same base."""
        then, now = earlier.done.units, self.done.units
        codes = {*then.codes, *now.codes}
        return Delta(earlier._some(codes, now.old), self._some(codes, then.old))

    def _some(self, codes: Collection[str], base: Mapping[str, Unit]) -> dict[str, Unit]:
        """Return units as they are here; those that nobody has changed here as in the base."""
        done = self.done.units
        kept = {c: base[c] for c in codes if c in base and c not in done.old and c not in done.new}
        return {**kept, **{code: done.new[code] for code in codes if code in done.new}}

    def _now(self, units: Mapping[str, Unit]) -> dict[str, Unit]:
        done = self.done.units
        kept = {code: unit for code, unit in units.items() if code not in done.old}
        return {**kept, **done.new}


class Edit(Protocol):
    """One step of a plan, as a value."""

    def change(self, so_far: PlanMap) -> Change:
        """Return what the edit makes of the map; raises `EditRefused` with place and codes."""


class ShapeEdit(Protocol):
    """An edit of geometry/edits/ that changes shapes and nothing else."""

    @property
    def box(self) -> Box:
        """Where the units lie that it may change: west, south, east, north in degrees."""

    def apply(self, shapes: Mapping[str, Shape], outline: Shape) -> Delta[Shape]:
        """Return the change of every shape."""


@dataclass(frozen=True, slots=True)
class Reshape:
    """An edit of shapes as a step of a plan: all else of the units stays."""

    edit: ShapeEdit

    def change(self, so_far: PlanMap) -> Change:
        """Return the units with their new shapes."""
        units = so_far.around(self.edit.box)
        shapes = {code: unit.shape for code, unit in units.items()}
        change = self.edit.apply(shapes, so_far.root.shape)
        return Change(
            Delta(
                {code: units[code] for code in change.old},
                {code: replace(units[code], shape=shape) for code, shape in change.new.items()},
            )
        )
