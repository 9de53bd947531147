"""Edits of the border of two leaves: transfer a piece, reshape a stretch, snap it onto a line."""

from collections.abc import Mapping
from dataclasses import dataclass

from shapely import LineString

from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.geometry.edits.reshape_border import ReshapeBorder
from gridgeo.geometry.edits.snap_border import SnapBorder
from gridgeo.geometry.edits.transfer import Transfer as TransferGround
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.edits.naming import require_in_city, two_leaves
from gridgeo.plans.edits.sound import sound_ground
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Shape

Between = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Give what of a piece (degrees) lies in `giver` to its neighbour `taker`."""

    giver: str
    taker: str
    piece: Shape
    sliver_m: float

    def change(self, so_far: PlanMap) -> Change:
        """Return what the transfer makes of the map; no household moves with the ground.

        Raises
        ------
        EditRefused
            As `naming.two_leaves`, `sound.sound_ground`, `geometry.edits.transfer` and
            `Redraw.change`.
        """
        giver, taker = two_leaves((self.giver, self.taker), so_far)
        piece = sound_ground(self.piece, so_far, (self.giver, self.taker))
        edit = TransferGround(self.giver, self.taker, piece, self.sliver_m)
        return _redrawn(edit.drawn(giver.shape, taker.shape), so_far)


@dataclass(frozen=True, slots=True)
class Reshape:
    """Let the border between two leaves run along a line (degrees) from end to end of it."""

    between: Between
    line: LineString
    reach_m: float

    def change(self, so_far: PlanMap) -> Change:
        """Return what the new border makes of the map; no household moves with it.

        Raises
        ------
        EditRefused
            As `naming.two_leaves`, `naming.require_in_city`, `geometry.edits.reshape_border` and
            `Redraw.change`.
        """
        return _along(ReshapeBorder(self.line, self.reach_m), self.between, self.line, so_far)


@dataclass(frozen=True, slots=True)
class Snap:
    """Let the border between two leaves run along a line (degrees) wherever it is near it."""

    between: Between
    onto: LineString
    tolerance_m: float

    def change(self, so_far: PlanMap) -> Change:
        """Return what the new border makes of the map; no household moves with it.

        Raises
        ------
        EditRefused
            As `naming.two_leaves`, `naming.require_in_city`, `geometry.edits.snap_border` and
            `Redraw.change`.
        """
        return _along(SnapBorder(self.onto, self.tolerance_m), self.between, self.onto, so_far)


def _along(
    edit: ReshapeBorder | SnapBorder, between: Between, line: LineString, so_far: PlanMap
) -> Change:
    leaves = {unit.code: unit.shape for unit in two_leaves(between, so_far)}
    require_in_city([line], so_far)
    return _redrawn(edit.drawn(leaves), so_far)


def _redrawn(shapes: Mapping[str, Shape], so_far: PlanMap) -> Change:
    drawn = [Drawn(code, shape) for code, shape in shapes.items()]
    change = Redraw(drawn, noded=True).change(so_far)
    if not change:
        codes = tuple(shapes)
        message = "the border runs there already; nothing would change"
        raise refused_in("does_not_cut", message, shapes[codes[0]], codes)
    return change
