"""What the map is, as frozen values: units, exclusive grids, versions, and the city's profile."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import Struct
from shapely import MultiPolygon, Polygon

from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.geometry.coverage import check_nesting
from gridgeo.geometry.levels import check_levels
from gridgeo.geometry.problem import Problem

Shape = Polygon | MultiPolygon
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


class Level(Struct, frozen=True):
    """One level of the tree, from the city profile."""

    level: str
    depth: int
    name_zh: str
    name_en: str
    code_pattern: str
    may_be_leaf: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A city's own rules, as data: levels in order from the root, planar CRS, balance."""

    name: str
    planar_srid: int
    levels: tuple[Level, ...]
    document: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Profile":
        """Read a profile from its TOML or JSON document; raises `BadInput` naming the key."""
        for key in ("name", "planar_srid", "levels"):
            if key not in document:
                raise BadInput(f"The city profile lacks {key!r}.", key=key)
        levels = tuple(
            Level(
                level=row["level"],
                depth=depth,
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                code_pattern=row["code_pattern"],
                may_be_leaf=row.get("may_be_leaf", False),
            )
            for depth, row in enumerate(document["levels"])
        )
        return cls(document["name"], int(document["planar_srid"]), levels, document)

    @property
    def level_names(self) -> tuple[str, ...]:
        """Level names from the root down."""
        return tuple(level.level for level in self.levels)

    def level(self, name: str) -> Level:
        """Return a level by its name; raises `UnknownKeyword` listing the levels."""
        for level in self.levels:
            if level.level == name:
                return level
        raise UnknownKeyword(
            f"Unknown level {name!r}; the levels are {', '.join(self.level_names)}.",
            key="level",
            value=name,
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the tree as it stands in one map version; `shape` in EPSG:4326 on the lattice."""

    code: str
    level: str
    name: str
    parent_code: str | None
    shape: Shape
    is_leaf: bool
    households: int = 0
    legal_parent_code: str | None = None
    synthetic: bool = False

    @property
    def attributes(self) -> tuple[object, ...]:
        """All that a `unit` row holds: everything but the shape."""
        return (
            self.code, self.level, self.name, self.parent_code, self.is_leaf, self.households,
            self.legal_parent_code, self.synthetic,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExclusiveGrid:
    """An overlay with parties of its own, laid across any border; never a node of the tree."""

    code: str
    name: str
    kind: str
    shape: Shape
    synthetic: bool = False


class MapVersion(Struct, frozen=True):
    """One published map. `valid_from` is the instant from which it is the live one."""

    version: int
    valid_from: datetime
    actor: str
    note: str
    document_no: str | None
    synthetic: bool


class Publication(Struct, frozen=True):
    """What a publication did, and where, for those who follow it.

    Parameters
    ----------
    version
        The version that it made.
    box
        Whatever stands inside may have a new home, outside it nothing moved; None when no leaf was
        touched.
    answered
        Whatever stands inside may be answered by another chain of units or other exclusive grids;
        it holds `box`. None when nothing but names changed.
    """

    version: MapVersion
    box: Box | None
    answered: Box | None = None


def check_codes(units: Iterable[Unit], profile: Profile) -> list[Problem]:
    """Every code fits the pattern of its level in the city's profile."""
    patterns = {level.level: re.compile(level.code_pattern) for level in profile.levels}
    found = []
    for unit in units:
        profile.level(unit.level)
        if not patterns[unit.level].fullmatch(unit.code):
            at = unit.shape.representative_point()
            message = f"code {unit.code!r} does not fit {patterns[unit.level].pattern!r}"
            found.append(Problem("invalid", (unit.code,), at.x, at.y, message))
    return found


def check_tree(units: Mapping[str, Unit], parents: Iterable[str]) -> list[Problem]:
    """Each of `parents` is exactly the union of its children among `units`, and each is valid."""
    children: dict[str, list[Unit]] = {}
    for unit in units.values():
        if unit.parent_code is not None:
            children.setdefault(unit.parent_code, []).append(unit)
    found: list[Problem] = []
    for code in parents:
        own = sorted(children.get(code, ()), key=lambda unit: unit.code)
        found += check_nesting(
            units[code].shape, code, [unit.shape for unit in own], [unit.code for unit in own]
        )
    return found


def check_city(units: Mapping[str, Unit], profile: Profile) -> list[Problem]:
    """Check a whole city: codes, one root, the leaves a coverage, each parent its children."""
    roots = [unit for unit in units.values() if unit.parent_code is None]
    if len(roots) != 1:
        codes = ", ".join(unit.code for unit in roots[:5]) or "none"
        raise BadInput(f"A city has exactly one root unit; found {len(roots)}: {codes}.")
    for unit in units.values():
        if unit.parent_code is not None and unit.parent_code not in units:
            raise BadInput(
                f"Unit {unit.code} names a parent that is not there: {unit.parent_code}.",
                key="parent_code",
                value=unit.parent_code,
            )
    tree = sorted(units.values(), key=lambda unit: unit.code)
    position = {unit.code: i for i, unit in enumerate(tree)}
    return check_codes(tree, profile) + check_levels(
        [unit.shape for unit in tree],
        [unit.code for unit in tree],
        [-1 if unit.parent_code is None else position[unit.parent_code] for unit in tree],
        [unit.is_leaf for unit in tree],
    )


def as_problem_rows(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Problems as plain rows for JSON."""
    return [
        {
            "kind": problem.kind,
            "codes": list(problem.codes),
            "lon": problem.lon,
            "lat": problem.lat,
            "size_m": problem.size_m,
            "area_m2": problem.area_m2,
            "message": problem.message,
        }
        for problem in problems
    ]
