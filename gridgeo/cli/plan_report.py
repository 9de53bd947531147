"""What a redraw changes on the map, in words, numbers and shapes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.units.model import Unit

LEAST_M2 = 0.01
SLIVER_M = 0.01  # a new vertex moves a border by less
SHOWN = 50  # rows of each kind in text; JSON and GeoJSON hold them all


class Move(NamedTuple):
    """Ground (degrees) that goes from one leaf to another, with its area in m2."""

    from_code: str
    to_code: str
    area_m2: float
    shape: BaseGeometry


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
        moves = list(moved_ground(delta, planar))
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


def moved_ground(delta: Delta[Unit], planar: Planar) -> Iterator[Move]:
    """Yield what each leaf gives to another, in code order; slivers of new vertices left out."""
    old = [delta.old[c] for c in delta.codes if c in delta.old and delta.old[c].is_leaf]
    new = [delta.new[c] for c in delta.codes if c in delta.new and delta.new[c].is_leaf]
    if not old or not new:
        return
    before = np.array([unit.shape for unit in old], dtype=object)
    after = np.array([unit.shape for unit in new], dtype=object)
    row, hit = STRtree(after).query(before, predicate="intersects")
    common = shapely.intersection(before[row], after[hit])
    areas_m2 = planar.areas_m2(list(common))
    for i, j, area_m2, shape in sorted(zip(row, hit, areas_m2, common, strict=True),
                                       key=lambda found: found[:2]):  # fmt: skip
        sliver_m2 = max(LEAST_M2, SLIVER_M * planar.length_m(shape))
        if old[i].code != new[j].code and area_m2 > sliver_m2:
            yield Move(old[i].code, new[j].code, float(area_m2), _polygons(shape))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape without the lines and points along which leaves also meet."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
