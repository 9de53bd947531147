"""Edits of the tree and of names: reparent units, rename one, give one the next official code."""

from collections.abc import Sequence
from dataclasses import dataclass

from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.plans.drawn import Drawn, next_code
from gridgeo.plans.edits.naming import children_of, named
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Unit


@dataclass(frozen=True, slots=True)
class Reparent:
    """Let units, with all that is in them, come under another administering unit."""

    codes: Sequence[str]
    parent_code: str

    def change(self, so_far: PlanMap) -> Change:
        """Return what it makes of the map; a parent left without units goes.

        Raises
        ------
        EditRefused
            As `naming.named` and `Redraw.change` (`not_above`: the parent is of no higher level);
            `is_the_city`, `nothing_changes`.
        """
        units = named(self.codes, so_far)
        named([self.parent_code], so_far)
        for unit in units:
            _refuse_city(unit, "it stands under nobody")
        if all(unit.parent_code == self.parent_code for unit in units):
            message = f"the units stand under {self.parent_code} already"
            raise refused_in("nothing_changes", message, units[0].shape, self.codes)
        drawn = [Drawn(unit.code, parent_code=self.parent_code) for unit in units]
        return Redraw(drawn).change(so_far)


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a unit another name, or another legal parent; what is None stays."""

    code: str
    name: str | None = None
    legal_parent_code: str | None = None

    def change(self, so_far: PlanMap) -> Change:
        """Return what it makes of the map.

        Raises
        ------
        EditRefused
            As `naming.named`; `nothing_changes`.
        """
        [unit] = named([self.code], so_far)
        if self.legal_parent_code is not None:
            named([self.legal_parent_code], so_far)
        said = Drawn(unit.code, name=self.name, legal_parent_code=self.legal_parent_code)
        change = Redraw([said]).change(so_far)
        if not change:
            message = f"{unit.code} is called so already; give a new name or legal parent"
            raise refused_in("nothing_changes", message, unit.shape, (unit.code,))
        return change


@dataclass(frozen=True, slots=True)
class Recode:
    """Give a unit the next official code of its parent's sequence.

    It goes on as a new unit on the same ground; the old code stays given for ever, and lineage
    leads from it to the new one.
    """

    code: str
    name: str | None = None

    def change(self, so_far: PlanMap) -> Change:
        """Return what it makes of the map.

        Raises
        ------
        EditRefused
            As `naming.named` and `Redraw.change`; `is_the_city`, `no_code`.
        """
        [unit] = named([self.code], so_far)
        _refuse_city(unit, "it keeps its code")
        assert unit.parent_code is not None
        new = Drawn(
            next_code(unit.level, unit.parent_code, so_far),
            unit.shape if unit.is_leaf else None,
            unit.level,
            self.name or unit.name,
            unit.parent_code,
            legal_parent_code=unit.legal_parent_code,
            synthetic=unit.synthetic,
        )
        moved = [
            Drawn(child.code, parent_code=new.code) for child in children_of(unit.code, so_far)
        ]
        return Redraw([new, *moved], [unit.code], noded=True).change(so_far)


def _refuse_city(unit: Unit, reason: str) -> None:
    if unit.parent_code is None:
        message = f"{unit.code} is the city itself: {reason}"
        raise refused_in("is_the_city", message, unit.shape, (unit.code,))
