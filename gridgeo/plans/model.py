"""How the map changes: a plan is a list of edits drawn on a version; its states; its delta."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from gridgeo.errors import StateConflict
from gridgeo.geometry.delta import Delta
from gridgeo.units.model import Profile, Shape, Unit

NEXT_STATES: Mapping[str, Mapping[str, str]] = {
    "draft": {"submit": "submitted", "withdraw": "withdrawn"},
    "submitted": {"approve": "approved", "reject": "draft", "withdraw": "withdrawn"},
    "approved": {"publish": "published", "reject": "draft", "withdraw": "withdrawn"},
    "published": {},
    "withdrawn": {},
}
"""Which step leads from which state to which."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan without its edits; `revision` counts every change to it."""

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


class BaseMap(Protocol):
    """The version that a plan was drawn on, of which an edit reads what it needs."""

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
        """Return all codes that begin so and were ever given to a unit."""


@dataclass(frozen=True)
class PlanMap:
    """The map as the edits of a plan have made it so far; `done` is what they did together."""

    base: BaseMap
    done: Delta[Unit]

    @property
    def profile(self) -> Profile:
        """The city's profile."""
        return self.base.profile

    @property
    def root(self) -> Unit:
        """The city itself."""
        return self.done.new.get(self.base.root.code, self.base.root)

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
        return given | {code for code in self.done.new if code.startswith(beginning)}

    def _now(self, units: Mapping[str, Unit]) -> dict[str, Unit]:
        kept = {code: unit for code, unit in units.items() if code not in self.done.old}
        return {**kept, **self.done.new}


class Edit(Protocol):
    """One step of a plan, as a value."""

    def change(self, so_far: PlanMap) -> Delta[Unit]:
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

    def change(self, so_far: PlanMap) -> Delta[Unit]:
        """Return the units with their new shapes."""
        units = so_far.around(self.edit.box)
        shapes = {code: unit.shape for code, unit in units.items()}
        change = self.edit.apply(shapes, so_far.root.shape)
        return Delta(
            {code: units[code] for code in change.old},
            {code: replace(units[code], shape=shape) for code, shape in change.new.items()},
        )


def replay(edits: Iterable[Edit], base: BaseMap) -> PlanMap:
    """Apply edits one after the other to the map they were drawn on.

    Raises
    ------
    EditRefused
        By the first edit that cannot be done, with place and codes.
    """
    so_far = PlanMap(base, Delta())
    for edit in edits:
        so_far = PlanMap(base, so_far.done + edit.change(so_far))
    return so_far
