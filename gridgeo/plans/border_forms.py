"""Forms of the edits that move a border and nothing else."""

from typing import Literal

from pydantic import Field

from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.plans.edits import borders
from gridgeo.plans.form_parts import (
    LINE,
    ONE,
    OTHER,
    REACH_M,
    SQUARE,
    Code,
    Form,
    Geometry,
    Line,
    LonLat,
    Reach,
    example,
    line_of,
)
from gridgeo.plans.model import Edit, Reshape


class MoveVertexForm(Form):
    """Move the shared vertex at `at` to `to`; every unit that has it gets the new one."""

    model_config = example(
        kind="move_vertex", at=[113.6400313, 34.7254808], to=[113.64005, 34.72548]
    )

    kind: Literal["move_vertex"]
    at: LonLat
    to: LonLat

    def edit(self) -> Edit:
        """Return the edit."""
        return Reshape(MoveVertex(self.at, self.to))


class TransferForm(Form):
    """Transfer what of a piece lies in `giver` to its neighbour `taker`."""

    model_config = example(kind="transfer", giver=ONE, taker=OTHER, geometry=SQUARE)

    kind: Literal["transfer"]
    giver: Code
    taker: Code
    geometry: Geometry
    sliver_m: Reach = REACH_M

    def edit(self) -> Edit:
        """Return the edit."""
        return borders.Transfer(self.giver, self.taker, self.geometry.shape(), self.sliver_m)


class ReshapeForm(Form):
    """Let the border between two leaves run along a line that begins and ends on it."""

    model_config = example(kind="reshape", between=[ONE, OTHER], line=LINE)

    kind: Literal["reshape"]
    between: tuple[Code, Code]
    line: Line
    reach_m: Reach = REACH_M

    def edit(self) -> Edit:
        """Return the edit."""
        return borders.Reshape(self.between, line_of(self.line), self.reach_m)


class SnapBorderForm(Form):
    """Let the border between two leaves run along a line wherever it is within a tolerance."""

    model_config = example(kind="snap_border", between=[ONE, OTHER], onto=LINE, tolerance_m=5.0)

    kind: Literal["snap_border"]
    between: tuple[Code, Code]
    onto: Line
    tolerance_m: float = Field(gt=0.0, le=100.0)

    def edit(self) -> Edit:
        """Return the edit."""
        return borders.Snap(self.between, line_of(self.onto), self.tolerance_m)
