"""Units as a redraw says them, and what it leaves unsaid: level, parent and code of a new unit.

A new unit stands, unless it is said otherwise, beside the leaf on whose ground most of it lies: on
the same level, under the same parent. A code that is not given continues the sequence of the
parent, from west to east; no code that was ever given is given to another unit.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import shapely
from shapely import STRtree

from gridgeo.geometry.errors import EditRefused
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Level, Profile, Shape, Unit


@dataclass(frozen=True, slots=True)
class Drawn:
    """A unit of a redraw; of a known one what is None stays as it is.

    `shape` (degrees) is that of a leaf; a unit above the leaves is the union of its children.
    """

    code: str | None = None
    shape: Shape | None = None
    level: str | None = None
    name: str | None = None
    parent_code: str | None = None
    households: int | None = None
    legal_parent_code: str | None = None
    synthetic: bool | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A unit of a redraw of which all is known but its ground; `old` is None for a new one."""

    drawn: Drawn
    code: str
    level: str
    name: str
    parent_code: str | None
    old: Unit | None


class Placed(Protocol):
    """What has a code and a shape."""

    @property
    def code(self) -> str | None:
        """Official code."""

    @property
    def shape(self) -> Shape | None:
        """Ground in degrees."""


def refusal(kind: str, message: str, unit: Placed) -> EditRefused:
    """Return the error of an edit that concerns one unit, inside which it is located."""
    lon, lat = 0.0, 0.0
    if unit.shape is not None and not unit.shape.is_empty:
        lon, lat = shapely.get_coordinates(shapely.point_on_surface(unit.shape))[0].tolist()
    codes = () if unit.code is None else (unit.code,)
    return EditRefused(kind, message, lon=lon, lat=lat, codes=codes)


def settle(units: Sequence[Drawn], so_far: PlanMap) -> list[Settled]:
    """Find out all that a redraw leaves unsaid, in the order of the units.

    Raises
    ------
    EditRefused
        `duplicate_code`, `code_taken` (it was given to another unit), `no_code` (none can be
        found), `no_level`, `no_parent`, `level_changes` or `nothing_there` (no unit lies below).
    """
    known = so_far.family({unit.code for unit in units if unit.code is not None})
    found = [_known(unit, known[unit.code]) for unit in units if unit.code in known]
    _require_once([*units])
    new = [unit for unit in units if unit.code not in known]
    hosts = _Hosts(new, {unit.code: unit for unit in found}, so_far)
    for unit in new:
        _require_free(unit, so_far)
    fresh = [_new(unit, hosts, so_far.profile) for unit in new]
    codes = iter(_numbered(fresh, so_far))
    coded = iter([replace(unit, code=code, name=unit.name or code)
                  for unit, code in zip(fresh, codes, strict=True)])  # fmt: skip
    known_ones = iter(found)
    return [next(known_ones) if unit.code in known else next(coded) for unit in units]


def _require_once(units: Iterable[Drawn]) -> None:
    seen: set[str] = set()
    for unit in units:
        if unit.code is not None and unit.code in seen:
            raise refusal("duplicate_code", f"code {unit.code!r} stands there twice", unit)
        seen |= {unit.code or ""}


def _require_free(unit: Drawn, so_far: PlanMap) -> None:
    if unit.code is not None and unit.code in so_far.codes_given(unit.code):
        message = (
            f"code {unit.code!r} belonged to a unit that is no more, and no code is given twice; "
            "leave it out to get the next one"
        )
        raise refusal("code_taken", message, unit)


def _known(drawn: Drawn, old: Unit) -> Settled:
    if drawn.level not in (None, old.level):
        message = f"{old.code} is a {old.level}; a {drawn.level} would be another unit"
        raise refusal("level_changes", message, old)
    parent = old.parent_code if old.parent_code is None else drawn.parent_code or old.parent_code
    return Settled(drawn, old.code, old.level, drawn.name or old.name, parent, old)


def _new(drawn: Drawn, hosts: "_Hosts", profile: Profile) -> Settled:
    level = _level(drawn, hosts, profile)
    parent = drawn.parent_code or hosts.parent_of(drawn, level)
    return Settled(drawn, drawn.code or "", level.level, drawn.name or drawn.code or "", parent,
                   None)  # fmt: skip


def _level(drawn: Drawn, hosts: "_Hosts", profile: Profile) -> Level:
    if drawn.level is not None:
        return profile.level(drawn.level)
    if drawn.shape is not None:
        return profile.level(hosts.host(drawn).level)
    for level in profile.levels:
        if re.fullmatch(level.code_pattern, drawn.code or ""):
            return level
    raise refusal("no_level", f"of what level is the new unit {drawn.code!r}?", drawn)


class _Hosts:
    """The leaves as they stand, to find the one on whose ground most of a new unit lies."""

    def __init__(
        self, new: Sequence[Drawn], settled: Mapping[str, Settled], so_far: PlanMap
    ) -> None:
        self._so_far = so_far
        self._settled = settled
        shapes = [unit.shape for unit in new if unit.shape is not None]
        self._leaves: list[Unit] = []
        if shapes:
            west, south, east, north = shapely.total_bounds(shapes).tolist()
            every = so_far.around((west, south, east, north))
            self._leaves = [unit for unit in every.values() if unit.is_leaf]
        self._tree = STRtree([leaf.shape for leaf in self._leaves])

    def host(self, drawn: Drawn) -> Unit:
        """Return the leaf with most of a shape; raises `EditRefused` if it lies on none."""
        valid = shapely.make_valid(drawn.shape)
        near: list[Unit] = [self._leaves[i] for i in self._tree.query(valid).tolist()]
        areas = shapely.area(shapely.intersection(valid, [leaf.shape for leaf in near]))
        common = {leaf.code: area for leaf, area in zip(near, areas.tolist(), strict=True)}
        best = max(near, key=lambda leaf: (common[leaf.code], leaf.code), default=None)
        if best is None or common[best.code] == 0.0:
            message = (
                "a new unit lies on the ground of no unit; is its coordinate system right, and "
                "are lon and lat in this order?"
            )
            raise refusal("nothing_there", message, drawn)
        return best

    def parent_of(self, drawn: Drawn, level: Level) -> str:
        """Return the lowest unit of a level above, from the host up."""
        if drawn.shape is None:
            raise refusal("no_parent", f"in which unit does {drawn.code!r} lie?", drawn)
        depth = {each.level: each.depth for each in self._so_far.profile.levels}
        unit = self.host(drawn)
        while depth[unit.level] >= level.depth:
            above = self._parent(unit)
            if above is None:
                raise refusal("no_parent", f"no unit stands above a {level.level}", drawn)
            unit = self._so_far.family({above})[above]
        return unit.code

    def _parent(self, unit: Unit) -> str | None:
        settled = self._settled.get(unit.code)
        return unit.parent_code if settled is None else settled.parent_code


# --- codes -------------------------------------------------------------------------------------


def _numbered(units: Sequence[Settled], so_far: PlanMap) -> list[str]:
    """Return the code of each new unit: its own, or the next of its parent's sequence."""
    codes = [unit.code for unit in units]
    for row in sorted(range(len(units)), key=lambda row: _west_to_east(units[row])):
        if not codes[row]:
            codes[row] = _free_code(units[row], so_far, codes)
    return codes


def next_code(level: str, parent_code: str, so_far: PlanMap) -> str:
    """Return the code of a new unit under a parent; raises `EditRefused` (`no_code`)."""
    unit = Settled(Drawn(level=level), "", level, "", parent_code, None)
    return _free_code(unit, so_far, ())


def _free_code(unit: Settled, so_far: PlanMap, taken: Collection[str]) -> str:
    return _promised_code(unit, so_far, taken) or _next_code(unit, so_far, taken)


def _promised_code(unit: Settled, so_far: PlanMap, taken: Collection[str]) -> str | None:
    """Return the code that a unit got when the edit was drawn, if it is still free."""
    parent, pattern = unit.parent_code or "", so_far.profile.level(unit.level).code_pattern
    for code in so_far.promised:
        fits = code.startswith(parent) and re.fullmatch(pattern, code)
        if fits and code not in taken and code not in so_far.codes_given(code):
            return code
    return None


def _west_to_east(unit: Settled) -> tuple[str, float, float]:
    middle = shapely.centroid(unit.drawn.shape)
    return unit.parent_code or "", shapely.get_x(middle), -shapely.get_y(middle)


def _next_code(unit: Settled, so_far: PlanMap, taken: Iterable[str]) -> str:
    """Return the next code of the sequence of a parent, which must stand on the level above.

    The sequence of a parent further above would run into those of the units in between.
    """
    parent, level = unit.parent_code or "", so_far.profile.level(unit.level)
    numbers = [
        code.removeprefix(parent)
        for code in so_far.codes_given(parent) | set(taken)
        if code.startswith(parent) and re.fullmatch(level.code_pattern, code)
    ]
    numbers = [number for number in numbers if number.isdecimal()]
    following = max(map(int, numbers), default=0) + 1
    above = so_far.profile.levels[level.depth - 1].code_pattern
    widths = {len(number) for number in numbers} or range(1, 10)
    for code in (f"{parent}{following:0{width}d}" for width in sorted(widths)):
        if re.fullmatch(above, parent) and re.fullmatch(level.code_pattern, code):
            return code
    message = (
        f"no code of a {unit.level} continues the sequence of {parent!r} at {following}; give the "
        "new unit a code"
    )
    raise refusal("no_code", message, unit.drawn)
