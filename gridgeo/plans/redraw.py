"""Replace units by others on the same ground: a redraw in a desktop GIS, a split, a merge."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely

from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.replace import Replace
from gridgeo.plans.drawn import Drawn, Settled, settle
from gridgeo.plans.family import Family, children_of
from gridgeo.plans.households import shared_out
from gridgeo.plans.model import Change, PlanMap
from gridgeo.units.model import Shape, Unit


@dataclass(frozen=True, slots=True)
class Redraw:
    """Draw some leaves anew, let new ones come and old ones go, on the same ground as before.

    Parameters
    ----------
    units
        Leaves with their new shapes; also units above them that are new, or change in name, parent
        or households.
    retired
        Codes of the units that go. A unit above the leaves that is left without children goes too.
    noded
        Whether the new shapes come out of `geometry/edits/cutting.py`.

    Notes
    -----
    All other leaves stay as they are, but for the vertices that the new borders need on theirs.
    """

    units: Sequence[Drawn]
    retired: Collection[str] = ()
    noded: bool = False

    def change(self, so_far: PlanMap) -> Change:
        """Return what the redraw makes of the map.

        Raises
        ------
        EditRefused
            See `geometry.edits.replace.Replace.apply`, `plans.drawn.settle` and
            `plans.family.Family.read`.
        """
        family = Family.read(settle(self.units, so_far), self.retired, so_far)
        edit = replace(shape_edit(family), noded=self.noded)
        before = {**_around(edit, family, so_far), **family.before}
        change = edit.apply({code: unit.shape for code, unit in before.items()})
        after = _units(family, before, change)
        counted = _households(family, edit, after)
        after = {c: replace(u, households=counted.get(c, u.households)) for c, u in after.items()}
        concerned = {*after, *family.gone}
        return Change(Delta({c: u for c, u in before.items() if c in concerned}, after))


def shape_edit(family: Family) -> Replace:
    """Return the edit of the shapes.

    A unit keeps its ground when all that changes lies in it, before and after; the others above
    what changes are drawn anew.
    """
    settled, before, gone = family.settled, family.before, set(family.gone)
    drawn = {code: u.drawn.shape for code, u in settled.items() if u.drawn.shape is not None}
    concerned = {*drawn, *gone, *family.children}
    old = {code for code in concerned if code in before and before[code].is_leaf}
    changed = {*drawn, *old, *gone, *(code for code, u in settled.items() if _moves(u))}
    chains = [set(chain) for code in changed for chain in family.chains(code)]
    kept = set.intersection(*chains) if chains else set()
    anew = {*old, *(code for chain in chains for code in chain)} & set(family.children) - kept
    return Replace(
        drawn=drawn,
        instead=sorted(old),
        above={c: family.children[c] for c in sorted(anew, key=family.depth, reverse=True)},
        gone=sorted(gone - old),
    )


def _moves(unit: Settled) -> bool:
    """Whether a unit comes, or gets another parent."""
    return unit.old is None or unit.old.parent_code != unit.parent_code


def _around(edit: Replace, family: Family, so_far: PlanMap) -> dict[str, Unit]:
    """Return the units of every level that touch the ground which is redrawn."""
    if not edit.instead:
        return {}
    shapes = [family.before[code].shape for code in edit.instead]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return so_far.around((west, south, east, north))


def _units(family: Family, before: Mapping[str, Unit], change: Delta[Shape]) -> dict[str, Unit]:
    """Return the units that are there afterwards and may differ, with the households of before."""
    complete = {code for code in family.complete if code in family.parents}
    concerned = {*change.old, *change.new, *complete} - set(family.gone)
    return {
        code: _unit(family, code, change.new.get(code) or before[code].shape, before.get(code))
        for code in sorted(concerned)
    }


def _unit(family: Family, code: str, shape: Shape, old: Unit | None) -> Unit:
    unit = family.settled.get(code)
    if unit is None:
        assert old is not None
        leaf = code not in family.children if code in family.complete else old.is_leaf
        return replace(old, shape=shape, is_leaf=leaf)
    said = unit.drawn
    return Unit(
        code=code,
        level=unit.level,
        name=unit.name,
        parent_code=unit.parent_code,
        shape=shape,
        is_leaf=code not in family.children,
        households=old.households if old else 0,
        legal_parent_code=said.legal_parent_code or (old.legal_parent_code if old else None),
        synthetic=old.synthetic if old else bool(said.synthetic),
    )


def _households(family: Family, edit: Replace, after: Mapping[str, Unit]) -> dict[str, int]:
    """Return the households of the leaves that are redrawn, and of all units above them."""
    before = family.before
    said = {
        code: unit.drawn.households
        for code, unit in family.settled.items()
        if unit.drawn.households is not None
        and (unit.old is None or unit.old.households != unit.drawn.households)
    }
    old = {code: before[code] for code in edit.instead}
    counted = {**shared_out(old, {code: after[code] for code in edit.drawn}, said), **said}
    then = children_of(family.standing)
    upper = {code for code in family.complete if code in family.children} - set(said)
    for code in sorted(upper, key=family.depth, reverse=True):
        was = sum(before[child].households for child in then.get(code, ()))
        now = sum(
            counted[child] if child in counted else before[child].households
            for child in family.children[code]
        )
        own = before[code].households if code in then else was
        counted[code] = max(own + now - was, 0)
    return counted
