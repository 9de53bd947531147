"""Retire a unit: its ground, or the units in it, go to heirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.geometry.edits.share_out import share_out
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.edits.merge import Merge
from gridgeo.plans.edits.naming import leaves_beside, leaves_named, named
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Shape, Unit


@dataclass(frozen=True, slots=True)
class Retire:
    """Let a unit go.

    Parameters
    ----------
    code
        Of the unit; no unit gets it ever again.
    heirs
        Codes of the leaves beside it that share its ground, each what is nearest to it; by default
        those of the same parent, or else all that border it. A unit with units in it has one heir,
        of its level, under which they come.
    """

    code: str
    heirs: Sequence[str] = ()

    def change(self, so_far: PlanMap) -> Change:
        """Return what the retirement makes of the map.

        Households go with the ground, by area.

        Raises
        ------
        EditRefused
            As `naming.named`, `share_out`, `Merge.change` and `Redraw.change`; `is_the_city`,
            `same_unit`, `no_heir`.
        """
        [unit] = named([self.code], so_far)
        if unit.parent_code is None:
            raise refused_in("is_the_city", "the city itself cannot go", unit.shape, (unit.code,))
        if self.code in self.heirs:
            message = f"{self.code} goes and cannot be its own heir; name others"
            raise refused_in("same_unit", message, unit.shape, (self.code,))
        if not unit.is_leaf:
            return self._with_children(unit, so_far)
        after = share_out(unit.shape, unit.code, self._heirs(unit, so_far))
        drawn = [Drawn(code, shape) for code, shape in after.items() if not shape.is_empty]
        return Redraw(drawn, [unit.code], noded=True).change(so_far)

    def _with_children(self, unit: Unit, so_far: PlanMap) -> Change:
        if len(self.heirs) != 1:
            message = (
                f"{unit.code} has units in it; name the one {unit.level} under which they come"
            )
            raise refused_in("no_heir", message, unit.shape, (unit.code,))
        return Merge((unit.code, *self.heirs), self.heirs[0]).change(so_far)

    def _heirs(self, unit: Unit, so_far: PlanMap) -> Mapping[str, Shape]:
        if self.heirs:
            return {leaf.code: leaf.shape for leaf in leaves_named(self.heirs, so_far)}
        beside = leaves_beside(unit, so_far)
        sisters = {c: leaf for c, leaf in beside.items() if leaf.parent_code == unit.parent_code}
        if not beside:
            message = f"{unit.code} has no neighbour that could take its ground"
            raise refused_in("no_heir", message, unit.shape, (unit.code,))
        return {code: leaf.shape for code, leaf in (sisters or beside).items()}
