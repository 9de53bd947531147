"""What a file of boundaries says, as values: layers, and an entry for each feature.

Pure. A defect of one feature is a `Problem` that names file and feature; a file that cannot be
understood at all is `BadInput`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridgeo.geometry.problem import Problem
from gridgeo.units.model import Level, Shape

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


class Fault(ValueError):
    """One feature cannot be taken; the text says why."""


def problem_at(shape: BaseGeometry | None, code: str, message: str) -> Problem:
    """Return an `invalid` problem on a shape; without a shape its place is not a number."""
    if shape is None or shape.is_empty or not math.isfinite(shape.bounds[0]):
        return Problem("invalid", (code,), math.nan, math.nan, message)
    lon, lat = shapely.get_coordinates(shape)[0].tolist()
    return Problem("invalid", (code,), lon, lat, message)


def plain_text(value: object) -> str:
    """Return a cell as text: '' for nothing, whole numbers without a decimal point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        if abs(value) >= EXACT:
            raise Fault(f"{value!r} is a decimal number that has lost digits; store it as text")
        return str(int(value))
    return str(value).strip()


def is_yes(value: object) -> bool:
    """Whether a cell says true, in the ways of the formats; nothing is no."""
    return plain_text(value).lower() in ("true", "1", "t", "yes")


def code_of(cells: Mapping[str, object]) -> str:
    """Return the code of a feature; raises `Fault` without one."""
    code = plain_text(cells["code"])
    if not code:
        raise Fault("it has no code")
    if len(code) > MAX_CODE:
        raise Fault(f"its code {code!r} has more than {MAX_CODE} characters")
    return code


def polygon_of(shape: BaseGeometry | None) -> Shape:
    """Return the ground of a feature, a multipolygon only of several parts; else raises `Fault`."""
    if shape is None:
        raise Fault("it has no geometry that can be read; is the file cut off?")
    if shape.is_empty:
        raise Fault("its geometry is empty")
    if not isinstance(shape, (Polygon, MultiPolygon)):
        raise Fault(f"it is a {shape.geom_type}, not a polygon")
    if isinstance(shape, MultiPolygon) and len(shape.geoms) == 1:
        return shape.geoms[0]
    return shape


def households_of(value: object) -> int | None:
    """Return a whole number, None if there is none; raises `Fault` for anything else."""
    text = plain_text(value)
    if not text:
        return None
    if not text.isdecimal():
        raise Fault(f"its households are {text!r}, not a whole number")
    return int(text)
