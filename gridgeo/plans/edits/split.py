"""Split a leaf by lines: one piece keeps the code, the others are new units beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import LineString

from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.geometry.edits.split import split
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.edits.naming import leaves_named, require_in_city
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Shape, Unit


@dataclass(frozen=True, slots=True)
class Split:
    """Split a leaf.

    Parameters
    ----------
    code
        Of the leaf.
    lines
        In degrees; together they cut it.
    reach_m
        A line that stops so near before the border is taken to it.
    keep
        A place (lon, lat) in the piece that keeps the code; by default the largest keeps it.
    """

    code: str
    lines: Sequence[LineString]
    reach_m: float
    keep: tuple[float, float] | None = None

    def change(self, so_far: PlanMap) -> Change:
        """Return what the split makes of the map.

        Raises
        ------
        EditRefused
            As `naming.leaves_named`, `naming.require_in_city`, `geometry.edits.split.split` and
            `Redraw.change`; `outside` when `keep` lies in no piece.
        """
        [unit] = leaves_named([self.code], so_far)
        require_in_city(self.lines, so_far)
        pieces = split(unit.shape, unit.code, self.lines, self.reach_m)
        kept = pieces[0] if self.keep is None else _holding(self.keep, pieces, unit)
        new = [_beside(unit, piece) for piece in pieces if piece is not kept]
        return Redraw([Drawn(unit.code, kept), *new], noded=True).change(so_far)


def _holding(place: tuple[float, float], pieces: Sequence[Shape], unit: Unit) -> Shape:
    held = [piece for piece in pieces if piece.covers(shapely.Point(place))]
    if not held:
        message = f"keep lies outside {unit.code}; name a place inside the piece to keep"
        raise refused_in("outside", message, unit.shape, (unit.code,))
    return held[0]


def _beside(unit: Unit, piece: Shape) -> Drawn:
    return Drawn(
        shape=piece,
        level=unit.level,
        parent_code=unit.parent_code,
        legal_parent_code=unit.legal_parent_code,
        synthetic=unit.synthetic,
    )
