"""Create a unit: a leaf on ground that others give, or one that others come under."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gridgeo.geometry.edits.carve import carve
from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.plans.drawn import Drawn, next_code
from gridgeo.plans.edits.naming import leaves_in, named
from gridgeo.plans.edits.sound import sound_ground
from gridgeo.plans.model import Change, PlanMap
from gridgeo.plans.redraw import Redraw


@dataclass(frozen=True, slots=True)
class CreateLeaf:
    """Create a leaf.

    Parameters
    ----------
    unit
        What is known of it, with its ground (degrees); `drawn.settle` finds out the rest.
    sliver_m
        What is narrower than this is a slip of the hand, see `geometry.edits.carve`.
    """

    unit: Drawn
    sliver_m: float

    def change(self, so_far: PlanMap) -> Change:
        """Return what the new leaf makes of the map: it takes its ground from those that lie there.

        A leaf of which nothing is left goes.

        Raises
        ------
        EditRefused
            As `sound.sound_ground`, `carve` and `Redraw.change`; `code_taken` when the code is that
            of a unit which is there.
        """
        assert self.unit.shape is not None
        codes = () if self.unit.code is None else (self.unit.code,)
        ground = sound_ground(self.unit.shape, so_far, codes)
        require_new(self.unit.code, so_far)
        givers = leaves_in(ground, so_far)
        carved = carve({code: leaf.shape for code, leaf in givers.items()}, ground, self.sliver_m)
        synthetic = all(leaf.synthetic for leaf in givers.values())
        new = replace(self.unit, shape=carved.new, synthetic=self.unit.synthetic or synthetic)
        rest = [Drawn(code, shape) for code, shape in carved.rest.items()]
        return Redraw([new, *rest], carved.gone, noded=True).change(so_far)


@dataclass(frozen=True, slots=True)
class CreateAbove:
    """Create a unit above the leaves: `codes` come under it, from wherever they are.

    What is not said of `unit` is found out: it stands beside the first one's parent.
    """

    unit: Drawn
    codes: Sequence[str]

    def change(self, so_far: PlanMap) -> Change:
        """Return what the new unit makes of the map.

        Raises
        ------
        EditRefused
            As `naming.named` and `Redraw.change`; `code_taken`, `no_parent` when none can be found.
        """
        children = named(self.codes, so_far)
        require_new(self.unit.code, so_far)
        first = children[0]
        beside = (
            so_far.family({first.parent_code}).get(first.parent_code) if first.parent_code else None
        )
        if beside is None or beside.parent_code is None:
            message = f"no unit can stand between {first.code} and the city"
            raise refused_in("no_parent", message, first.shape, (first.code,))
        level = self.unit.level or beside.level
        parent = self.unit.parent_code or beside.parent_code
        code = self.unit.code or next_code(level, parent, so_far)
        synthetic = self.unit.synthetic or all(child.synthetic for child in children)
        new = replace(self.unit, code=code, level=level, parent_code=parent, synthetic=synthetic)
        moved = [Drawn(child.code, parent_code=code) for child in children]
        return Redraw([new, *moved]).change(so_far)


def require_new(code: str | None, so_far: PlanMap) -> None:
    """Refuse a code (`code_taken`) that a unit carries or ever carried."""
    if code is not None and code in so_far.codes_given(code):
        there = so_far.family({code}).get(code, so_far.root)
        message = (
            f"code {code!r} was given before, and no code is given twice; leave it out to get the "
            "next one"
        )
        raise refused_in("code_taken", message, there.shape, (code,))
