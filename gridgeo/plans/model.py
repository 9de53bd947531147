"""How the map changes: a plan is a list of edits drawn on a version; its states; its delta."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gridgeo.errors import BadInput, StateConflict, UnknownKeyword
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.units.model import Shape, Unit

NEXT_STATES: Mapping[str, Mapping[str, str]] = {
    "draft": {"submit": "submitted", "withdraw": "withdrawn"},
    "submitted": {"approve": "approved", "reject": "draft", "withdraw": "withdrawn"},
    "approved": {"publish": "published", "reject": "draft", "withdraw": "withdrawn"},
    "published": {},
    "withdrawn": {},
}
"""Which step leads from which state to which."""

BoundaryEdit = MoveVertex

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


def read_edit(kind: str, params: Mapping[str, Any]) -> BoundaryEdit:
    """Build an edit from its stored form; raises `UnknownKeyword` or `BadInput` naming the key."""
    if kind != "move_vertex":
        raise UnknownKeyword(
            f"Unknown edit kind {kind!r}; the kinds are move_vertex.", key="kind", value=kind
        )
    return MoveVertex(at=_lonlat(params, "at"), to=_lonlat(params, "to"))


def _lonlat(params: Mapping[str, Any], key: str) -> tuple[float, float]:
    value = params.get(key)
    if (
        not isinstance(value, Sequence)
        or len(value) != 2
        or not all(isinstance(number, int | float) for number in value)
    ):
        raise BadInput(f"{key} must be [lon, lat] in degrees.", key=key, value=value)
    return float(value[0]), float(value[1])


def replay(
    edits: Sequence[BoundaryEdit],
    units_around: Callable[[tuple[float, float]], Mapping[str, Unit]],
    root: Unit,
) -> Delta[Unit]:
    """Apply edits one after the other and return what they make of the map together.

    Parameters
    ----------
    units_around : callable
        Gives all units, of every level, of the base version whose box holds a (lon, lat).
    root : Unit
        The city in the base version; its outline does not move.

    Raises
    ------
    EditRefused
        By the first edit that cannot be done, with place and codes.
    """
    total: Delta[Unit] = Delta()
    for edit in edits:
        units = {**units_around(edit.at), **total.new}
        shapes: dict[str, Shape] = {code: unit.shape for code, unit in units.items()}
        change = edit.apply(shapes, root.shape)
        total = total + Delta(
            {code: units[code] for code in change.old},
            {code: replace(units[code], shape=shape) for code, shape in change.new.items()},
        )
    return total
