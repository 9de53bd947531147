"""Exclusive grids come, change and go: overlays across any border, which take no ground."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely

from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.cutting import refused_in
from gridgeo.plans.edits.sound import sound_ground
from gridgeo.plans.model import Change, PlanMap
from gridgeo.units.model import ExclusiveGrid, Shape, Unit


@dataclass(frozen=True, slots=True)
class CreateExclusive:
    """Lay a new exclusive grid over the city; without a code it gets the next one.

    By the profile that is the code of the lowest unit that covers it, filled with zeros, and the
    next number of that sequence.
    """

    name: str
    kind: str
    shape: Shape
    code: str | None = None
    synthetic: bool = False

    def change(self, so_far: PlanMap) -> Change:
        """Return the new exclusive grid.

        Raises
        ------
        EditRefused
            As `sound.sound_ground`; `outside`: it does not meet the city. `code_taken`, `no_code`,
            or `bad_code` where the code does not fit the profile's pattern.
        """
        shape = _placed(self.shape, so_far, self.code)
        code = self.code or _next_code(shape, so_far)
        if code in so_far.exclusive_codes_given(code):
            message = (
                f"code {code!r} was given to an exclusive grid before, and no code is given twice; "
                "leave it out to get the next one"
            )
            raise refused_in("code_taken", message, shape, (code,))
        pattern = _rules(so_far).get("code_pattern")
        if pattern is not None and not re.fullmatch(pattern, code):
            message = f"code {code!r} does not fit {pattern!r}; leave it out to get the next one"
            raise refused_in("bad_code", message, shape, (code,))
        grid = ExclusiveGrid(code, self.name, self.kind, shape, self.synthetic)
        return Change(exclusive=Delta({}, {code: grid}))


@dataclass(frozen=True, slots=True)
class EditExclusive:
    """Give an exclusive grid another name, kind or ground; what is None stays."""

    code: str
    name: str | None = None
    kind: str | None = None
    shape: Shape | None = None

    def change(self, so_far: PlanMap) -> Change:
        """Return the exclusive grid before and after.

        Raises
        ------
        EditRefused
            As `sound.sound_ground`; `not_there`, `outside`, `nothing_changes`.
        """
        old = _there(self.code, so_far)
        shape = old.shape if self.shape is None else _placed(self.shape, so_far, self.code)
        new = replace(old, name=self.name or old.name, kind=self.kind or old.kind, shape=shape)
        if new == old:
            message = f"exclusive grid {self.code} is so already; give what shall differ"
            raise refused_in("nothing_changes", message, old.shape, (self.code,))
        return Change(exclusive=Delta({self.code: old}, {self.code: new}))


@dataclass(frozen=True, slots=True)
class RetireExclusive:
    """Take an exclusive grid off the city; rules about it decide nothing from then on."""

    code: str

    def change(self, so_far: PlanMap) -> Change:
        """Return the exclusive grid that goes; raises `EditRefused` (`not_there`)."""
        return Change(exclusive=Delta({self.code: _there(self.code, so_far)}, {}))


def _there(code: str, so_far: PlanMap) -> ExclusiveGrid:
    found = so_far.exclusive_grids({code}).get(code)
    if found is None:
        message = f"there is no exclusive grid {code!r} now; GET /exclusive-grids lists them"
        raise refused_in("not_there", message, so_far.root.shape, (code,))
    return found


def _placed(shape: Shape, so_far: PlanMap, code: str | None) -> Shape:
    codes = () if code is None else (code,)
    placed = sound_ground(shape, so_far, codes)
    if shapely.intersection(placed, so_far.root.shape).area == 0.0:
        message = "the exclusive grid lies outside the city; draw it so that it meets the city"
        raise refused_in("outside", message, placed, codes)
    return placed


def _rules(so_far: PlanMap) -> Mapping[str, Any]:
    rules: Mapping[str, Any] = so_far.profile.document.get("exclusive_grid", {})
    return rules


def _next_code(shape: Shape, so_far: PlanMap) -> str:
    """Return a promised code, or the next of the lowest unit that covers a shape."""
    rules = _rules(so_far)
    if not rules:
        message = "the city's profile says nothing of exclusive grids' codes; give a code"
        raise refused_in("no_code", message, shape, ())
    digits = int(rules["sequence_digits"])
    width = int(rules["ancestor_digits"])
    beginning = _lowest_around(shape, so_far, width).code.ljust(width, "0")
    given = so_far.exclusive_codes_given(beginning)
    for code in so_far.promised:
        if code.startswith(beginning) and code not in given:
            return code
    numbers = [code.removeprefix(beginning) for code in given]
    following = max((int(n) for n in numbers if n.isdecimal()), default=0) + 1
    return f"{beginning}{following:0{digits}d}"


def _lowest_around(shape: Shape, so_far: PlanMap, width: int) -> Unit:
    """Return the lowest unit, with a code of at most so many digits, that covers a shape."""
    west, south, east, north = shapely.bounds(shape).tolist()
    depth = {level.level: level.depth for level in so_far.profile.levels}
    around = so_far.around((west, south, east, north)).values()
    holding = [u for u in around if len(u.code) <= width and u.shape.covers(shape)]
    return max(holding, key=lambda unit: depth[unit.level], default=so_far.root)
