"""What a file of boundaries says, as values: layers, columns, and an entry for each feature.

Pure. A defect of one feature is a `Problem` that names file and feature; a file that cannot be
understood at all is `BadInput`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridgeo.errors import BadInput
from gridgeo.geometry.problem import Problem
from gridgeo.units.model import ExclusiveGrid, Level, Profile, Shape

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "code": ("code",),
    "name": ("name",),
    "parent": ("parent_code", "parent_cod"),
    "level": ("level",),
    "households": ("households",),
    "legal_parent": ("legal_parent_code", "legal_pare"),
    "synthetic": ("synthetic",),
}
"""Columns taken when none is named; a Shapefile keeps the first ten letters of each."""

REQUIRED = ("code", "name")
MAX_CODE = 24
EXACT = 2**53  # above it a double no longer holds every whole number


@dataclass(frozen=True, slots=True)
class Layer:
    """The features of one file, column by column; shapes may be None; `crs` None if not said."""

    file: str
    crs: str | None
    columns: Mapping[str, Sequence[object]]
    shapes: NDArray[np.object_]

    def feature(self, row: int) -> str:
        """Return how to call a feature: the file and its number, counted from 1."""
        return f"{self.file}, feature {row + 1}"


class Above(NamedTuple):
    """A unit above a feature, from the columns of its level; `name` is '' when unsaid."""

    level: str
    code: str
    name: str


class Picked(NamedTuple):
    """The columns of one layer: by meaning, and (level, code column, name column) from below up."""

    by_meaning: Mapping[str, str]
    above: Sequence[tuple[str, str, str | None]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column means what: `named` by meaning, `above` by level (code and name column)."""

    named: Mapping[str, str] = field(default_factory=dict)
    above: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], profile: Profile) -> Self:
        """Read a mapping file: tables `columns` (meaning = column) and `levels.<level>`.

        Raises
        ------
        BadInput
            A meaning or key is unknown; names it.
        UnknownKeyword
            A level is not one of the profile.
        """
        for key in [*(set(document) - {"columns", "levels"}), *(
            set(document.get("columns", {})) - set(DEFAULTS)
        )]:  # fmt: skip
            raise BadInput(
                f"The mapping has an unknown key {key!r}; the tables are columns "
                f"({', '.join(DEFAULTS)}) and levels.<level> (code, name).",
                key=key,
            )
        above = {}
        for level, row in document.get("levels", {}).items():
            if "code" not in row:
                raise BadInput(f"levels.{level} of the mapping lacks 'code'.", key="code")
            above[profile.level(level).level] = (row["code"], row.get("name"))
        return cls(dict(document.get("columns", {})), above)

    def pick(self, layer: Layer, profile: Profile) -> Picked:
        """Find the columns in a layer; raises `BadInput` that lists what the layer has."""
        present = {column.lower(): column for column in reversed(list(layer.columns))}
        found = {}
        for meaning, usual in DEFAULTS.items():
            wanted = (self.named[meaning],) if meaning in self.named else usual
            hits = [present[name.lower()] for name in wanted if name.lower() in present]
            if hits:
                found[meaning] = hits[0]
            elif meaning in self.named or meaning in REQUIRED:
                raise _no_column(layer, wanted[0], meaning)
        return Picked(found, [self._columns_of(layer, name, present)
                              for name in reversed(profile.level_names)
                              if name in self.above or f"{name}_code" in present])  # fmt: skip

    def _columns_of(
        self, layer: Layer, level: str, present: Mapping[str, str]
    ) -> tuple[str, str, str | None]:
        if level not in self.above:
            return level, present[f"{level}_code"], present.get(f"{level}_name")
        code, name = self.above[level]
        for column in (code, name):
            if column is not None and column.lower() not in present:
                raise _no_column(layer, column, f"levels.{level}")
        return level, present[code.lower()], None if name is None else present[name.lower()]


def _no_column(layer: Layer, column: str, meaning: str) -> BadInput:
    there = ", ".join(layer.columns) or "none"
    return BadInput(
        f"{layer.file} has no column {column!r} for the {meaning}; its columns are: {there}. "
        "Say which one it is with --code, --name, --parent, --level-col, --households or --map.",
        key=meaning,
        value=column,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit to be: from a feature, or made because others name it (then `where` is '').

    `shape` is in degrees on the lattice; None for a made unit, whose children say it.
    """

    code: str
    level: Level
    name: str
    parent: str | None
    shape: Shape | None = None
    households: int | None = None
    legal_parent: str | None = None
    synthetic: bool = False
    above: tuple[Above, ...] = ()
    where: str = ""


class _Fault(ValueError):
    """One feature cannot be taken; the text says why."""


def problem_at(shape: BaseGeometry | None, code: str, message: str) -> Problem:
    """Return an `invalid` problem on a shape; without a shape its place is not a number."""
    if shape is None or shape.is_empty or not math.isfinite(shape.bounds[0]):
        return Problem("invalid", (code,), math.nan, math.nan, message)
    lon, lat = shapely.get_coordinates(shape)[0].tolist()
    return Problem("invalid", (code,), lon, lat, message)


def plain_text(value: object) -> str:
    """Return a cell as text: '' for nothing, whole numbers without a decimal point."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= EXACT:
            raise _Fault(f"{value!r} is a decimal number that has lost digits; store it as text")
        return str(int(value))
    return str(value).strip()


def read_entries(
    layer: Layer, columns: Columns, profile: Profile, level: str | None = None
) -> tuple[list[Entry], list[Problem]]:
    """Return one entry for each sound feature, and a problem for each other one, in file order.

    Parameters
    ----------
    layer : Layer
        With shapes in degrees on the lattice.
    level : str, optional
        The level of every feature; otherwise the level column says, or else the first level whose
        code pattern fits.
    """
    picked = columns.pick(layer, profile)
    fixed = None if level is None else profile.level(level)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for row, shape in enumerate(layer.shapes):
        cells = {meaning: layer.columns[name][row] for meaning, name in picked.by_meaning.items()}
        try:
            entry = _entry(cells, shape, profile, fixed)
            above = _above(layer, row, picked, profile, entry.level)
            entries.append(replace(entry, above=above, where=layer.feature(row)))
        except _Fault as fault:
            code = str(cells["code"])
            problems.append(problem_at(shape, code, f"{layer.feature(row)}: {fault}"))
    return entries, problems


def _entry(
    cells: Mapping[str, object], shape: BaseGeometry | None, profile: Profile,
    fixed: Level | None,
) -> Entry:  # fmt: skip
    code = _code(cells)
    return Entry(
        code=code,
        level=fixed or _level(cells, code, profile),
        name=plain_text(cells["name"]) or code,
        parent=plain_text(cells.get("parent")) or None,
        shape=_polygon(shape),
        households=_households(cells.get("households")),
        legal_parent=plain_text(cells.get("legal_parent")) or None,
        synthetic=plain_text(cells.get("synthetic")).lower() in ("true", "1", "t", "yes"),
    )


def _code(cells: Mapping[str, object]) -> str:
    code = plain_text(cells["code"])
    if not code:
        raise _Fault("it has no code")
    if len(code) > MAX_CODE:
        raise _Fault(f"its code {code!r} has more than {MAX_CODE} characters")
    return code


def _polygon(shape: BaseGeometry | None) -> Shape:
    if shape is None:
        raise _Fault("it has no geometry that can be read; is the file cut off?")
    if shape.is_empty:
        raise _Fault("its geometry is empty")
    if not isinstance(shape, (Polygon, MultiPolygon)):
        raise _Fault(f"it is a {shape.geom_type}, not a polygon")
    return shape


def _households(value: object) -> int | None:
    text = plain_text(value)
    if not text:
        return None
    if not text.isdecimal():
        raise _Fault(f"its households are {text!r}, not a whole number")
    return int(text)


def _level(cells: Mapping[str, object], code: str, profile: Profile) -> Level:
    said = plain_text(cells.get("level"))
    if said:
        for level in profile.levels:
            if said in (level.level, level.name_zh, level.name_en):
                return level
        names = ", ".join(profile.level_names)
        raise _Fault(f"its level {said!r} is none of the profile's: {names}")
    for level in profile.levels:
        if re.fullmatch(level.code_pattern, code):
            return level
    raise _Fault(f"its code {code!r} fits no level of the profile; say the level by --level")


def _above(
    layer: Layer, row: int, picked: Picked, profile: Profile, own: Level
) -> tuple[Above, ...]:
    found = []
    for level, code_column, name_column in picked.above:
        code = plain_text(layer.columns[code_column][row])
        if code and profile.level(level).depth < own.depth:
            name = "" if name_column is None else plain_text(layer.columns[name_column][row])
            found.append(Above(level, code, name))
    return tuple(found)


def read_overlays(
    layer: Layer, columns: Columns, profile: Profile, kind: str
) -> tuple[list[ExclusiveGrid], list[Problem]]:
    """Return one exclusive grid of a kind for each sound feature, and the problems of the rest."""
    picked = columns.pick(layer, profile).by_meaning
    grids: dict[str, ExclusiveGrid] = {}
    problems: list[Problem] = []
    for row, shape in enumerate(layer.shapes):
        cells = {meaning: layer.columns[name][row] for meaning, name in picked.items()}
        try:
            grid = _overlay(cells, shape, kind)
            if grid.code in grids:
                raise _Fault(f"code {grid.code!r} stands there twice")
            grids[grid.code] = grid
        except _Fault as fault:
            code = str(cells["code"])
            problems.append(problem_at(shape, code, f"{layer.feature(row)}: {fault}"))
    return list(grids.values()), problems


def _overlay(cells: Mapping[str, object], shape: BaseGeometry | None, kind: str) -> ExclusiveGrid:
    code, polygon = _code(cells), _polygon(shape)
    if not polygon.is_valid:
        raise _Fault(f"invalid: {shapely.is_valid_reason(polygon)}")
    return ExclusiveGrid(code, plain_text(cells["name"]) or code, kind, polygon)
