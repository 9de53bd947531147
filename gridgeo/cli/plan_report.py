"""What a redraw changes on the map, in words, numbers and shapes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.plans.moved import Move, moved_ground
from gridgeo.units.model import Unit

SHOWN = 50  # rows of each kind in text; JSON and GeoJSON hold them all


@dataclass(frozen=True)
class PlanChange:
    """A draft and what it does: codes of the units by what becomes of them, and the ground moved.

    `plan_id` is None when the draft was only tried out. `changed` are the units that keep code and
    ground and change name, parent or households.
    """

    plan_id: int | None
    title: str
    base_version: int
    created: Sequence[str] = ()
    retired: Sequence[str] = ()
    reshaped: Sequence[str] = ()
    noded: Sequence[str] = ()
    changed: Sequence[str] = ()
    moves: Sequence[Move] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, delta: Delta[Unit], planar: Planar, plan_id: int | None, title: str, base: int
    ) -> "PlanChange":
        """Sort the units of a delta by what becomes of them."""
        moves = list(moved_ground(delta.old, delta.new, planar))
        touched = {code for move in moves for code in move[:2]}
        both = [code for code in delta.codes if code in delta.old and code in delta.new]
        kept = [code for code in both if delta.old[code].shape == delta.new[code].shape]
        noded = [
            code
            for code in both
            if code not in kept and delta.new[code].is_leaf and code not in touched
        ]
        return cls(
            plan_id, title, base,
            created=[code for code in delta.codes if code not in delta.old],
            retired=[code for code in delta.codes if code not in delta.new],
            reshaped=[code for code in both if code in touched],
            noded=noded,
            changed=[code for code in kept if delta.old[code] != delta.new[code]],
            moves=moves,
            names={code: unit.name for code, unit in {**delta.old, **delta.new}.items()},
        )  # fmt: skip

    @property
    def next_steps(self) -> list[str]:
        """What to do with the draft."""
        if self.plan_id is None:
            return ["leave out --dry-run to keep it as a draft"]
        return [
            f"gridgeo export plan-{self.plan_id}.gpkg --plan {self.plan_id}   (look at it)",
            f"GET /plans/{self.plan_id}/problems, then POST /plans/{self.plan_id}/submit, "
            "/approve and /publish",
        ]

    def lines(self) -> Iterator[str]:
        """Yield the change as text, a line each."""
        name = "a draft that was only tried out" if self.plan_id is None else f"plan {self.plan_id}"
        yield f"{name}, {self.title!r}, on map version {self.base_version}; nothing live changes"
        for word in ("created", "retired", "reshaped", "changed"):
            codes = getattr(self, word)
            for code in codes[:SHOWN]:
                yield f"{word:>9} {code} {self.names[code]}"
            if len(codes) > SHOWN:
                yield f"{word:>9} {len(codes) - SHOWN} more"
        if self.noded:
            yield f"{'noded':>9} {len(self.noded)} neighbours get new vertices on their borders"
        for move in self.moves[:SHOWN]:
            yield f"{move.area_m2:14.2f} m2  {move.from_code} -> {move.to_code}"
        if len(self.moves) > SHOWN:
            rest = sum(move.area_m2 for move in self.moves[SHOWN:])
            yield f"{rest:14.2f} m2  in {len(self.moves) - SHOWN} more pairs"
        for step in self.next_steps:
            yield f"next: {step}"

    def document(self) -> dict[str, Any]:
        """Return the change for JSON."""
        return {
            "plan_id": self.plan_id,
            "title": self.title,
            "base_version": self.base_version,
            "units": {
                word: list(getattr(self, word))
                for word in ("created", "retired", "reshaped", "noded", "changed")
            },
            "moved_m2": [
                {"from": m.from_code, "to": m.to_code, "area_m2": round(m.area_m2, 3)}
                for m in self.moves
            ],
            "next": self.next_steps,
        }

    def features(self) -> list[dict[str, Any]]:
        """Return the moved ground as GeoJSON features."""
        return [
            {
                "type": "Feature",
                "geometry": move.shape.__geo_interface__,
                "properties": {
                    "kind": "moved",
                    "from": move.from_code,
                    "to": move.to_code,
                    "area_m2": round(move.area_m2, 3),
                },
            }
            for move in self.moves
        ]
