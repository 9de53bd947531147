"""Merge units: one keeps its code and gets the ground, or the units, of all others."""

from collections.abc import Sequence
from dataclasses import dataclass

from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.geometry.edits.neighbours import set_apart
from gridgeo.geometry.union import union_on_lattice
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.edits.naming import children_of, named
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Unit


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge units of one level.

    Parameters
    ----------
    codes
        Two or more. Leaves put their ground together; of units above the leaves all children come
        under the one that stays.
    keep
        Which of them stays; by default the largest.
    """

    codes: Sequence[str]
    keep: str | None = None

    def change(self, so_far: PlanMap) -> Change:
        """Return what the merger makes of the map.

        Raises
        ------
        EditRefused
            As `naming.named` and `Redraw.change`; `same_unit`, `not_named` (`keep` is none of
            them), `level_differs` or `not_adjacent`.
        """
        units = named(self.codes, so_far)
        self._check(units)
        kept = max(units, key=lambda unit: (unit.code == self.keep, unit.shape.area))
        gone = [unit.code for unit in units if unit is not kept]
        if kept.is_leaf:
            united = union_on_lattice([unit.shape for unit in units])
            return Redraw([Drawn(kept.code, united)], gone, noded=True).change(so_far)
        moved = [child for code in gone for child in children_of(code, so_far)]
        drawn = [Drawn(child.code, parent_code=kept.code) for child in moved]
        return Redraw(drawn, gone).change(so_far)

    def _check(self, units: Sequence[Unit]) -> None:
        first = units[0]
        if len({unit.code for unit in units}) < len(units):
            message = "a unit is named twice; name each once"
            raise refused_in("same_unit", message, first.shape, self.codes)
        if self.keep is not None and self.keep not in self.codes:
            message = f"{self.keep} shall stay but is none of the units to merge; name one of them"
            raise refused_in("not_named", message, first.shape, self.codes)
        for unit in units[1:]:
            if (unit.level, unit.is_leaf) != (first.level, first.is_leaf):
                message = (
                    f"{first.code} is a {_kind(first)} and {unit.code} a {_kind(unit)}; merge "
                    "units of one kind"
                )
                raise refused_in("level_differs", message, unit.shape, (first.code, unit.code))
        for row in set_apart([unit.shape for unit in units])[:1]:
            code = units[row].code
            message = (
                f"no common border leads from {first.code} to {code}; merge neighbours, or name "
                "also those between them"
            )
            raise refused_in("not_adjacent", message, units[row].shape, (first.code, code))


def _kind(unit: Unit) -> str:
    return f"{unit.level} {'without' if unit.is_leaf else 'with'} units in it"
