"""Rows of a file of points, and the points in them; what is none is told by its row."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.errors import BadInput
from gridgeo.locate.table import as_error, point_xy

WGS84 = "EPSG:4326"
AXES = (("lon", "lat"), ("lng", "lat"), ("longitude", "latitude"), ("x", "y"))
"""Names of the two columns, where none are given: the first pair that is there."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Batch:
    """Some rows of a file, the points in them, and how much of the file is done (0 to 1).

    A point that is none is not a number in `x` and `y`; `errors` may say why, by its row.
    """

    rows: pa.RecordBatch
    x: Array
    y: Array
    done: float | None
    errors: Mapping[int, str] = field(default_factory=dict)


def axes_of(
    header: Sequence[str], asked: tuple[str | None, str | None], crs: str | None
) -> tuple[tuple[str, str], str]:
    """Return the names of the two columns, and what they are in."""
    east, north = asked
    if (east is None) != (north is None):
        raise BadInput("Give both columns, --x and --y (or --lon and --lat).", key="x", value=east)
    pairs = AXES if east is None or north is None else ((east, north),)
    found = next((pair for pair in pairs if set(pair) <= set(header)), None)
    if found is None:
        raise BadInput(
            f"The file has no columns {' and '.join(pairs[0])}; its columns are "
            f"{', '.join(header) or 'none'}. Say which by --x and --y.",
            key="x",
            value=east,
        )
    if crs is None and found == ("x", "y"):
        raise BadInput("The file has x and y; say what they are in with --crs.", key="crs")
    return found, crs or WGS84


def epsg_of(crs: CRS) -> str | None:
    """Return the EPSG number of a system as `to_wgs84` takes it, None where it has none."""
    authority = crs.to_authority()
    if authority == ("OGC", "CRS84"):
        return WGS84
    return None if authority is None or authority[0] != "EPSG" else ":".join(authority)


def known_crs(crs: str | None) -> str:
    """Return what was said of a system; raises `BadInput` where nothing was."""
    if crs is None:
        raise BadInput(
            "The file does not say its coordinate system by an EPSG number; say it with --crs.",
            key="crs",
        )
    return crs


def misfit(row: list[str], width: int) -> str:
    """Say what is wrong with a row of more or fewer cells than the header."""
    left = ",".join(row[width:])[:200]
    said = f"and holds more: {left}" if left else f"but {len(row)}"
    return as_error(BadInput(f"The row has not {width} cells {said}."))


def numbers_of(column: pa.Array) -> Array:
    """Return a column as doubles; what is no number becomes not a number."""
    try:
        found = pc.cast(column, pa.float64(), safe=False)
    except pa.ArrowInvalid:
        found = pa.array([_number(value) for value in column.to_pylist()], pa.float64())
    return np.array(pc.fill_null(found, math.nan).to_numpy(zero_copy_only=False))


def _number(value: object) -> float:
    try:
        return math.nan if "_" in str(value) else float(str(value))
    except ValueError:
        return math.nan


def unreadable(
    rows: pa.RecordBatch, x: Array, y: Array, errors: dict[int, str], axes: Iterable[str]
) -> dict[int, str]:
    """Say what stands in the cells of the rows that hold no two finite numbers."""
    found = dict(errors)
    for n in np.flatnonzero(~(np.isfinite(x) & np.isfinite(y))).tolist():
        cells = ", ".join(f"{axis} {rows.column(axis)[n].as_py()!r}" for axis in axes)
        found.setdefault(n, as_error(BadInput(f"{cells} are no two finite numbers.")))
    return found


def batch_of_geometry(rows: pa.RecordBatch, geometry: str, done: float | None) -> Batch:
    """Return rows with the points of a column of well-known binary; what is none has its error."""
    binary = np.asarray(rows.column(geometry).to_numpy(zero_copy_only=False), dtype=object)
    shapes = shapely.from_wkb(binary, on_invalid="ignore")
    x, y = point_xy(shapes)
    errors = {}
    for n in np.flatnonzero(~(np.isfinite(x) & np.isfinite(y))).tolist():
        what = "nothing" if shapes[n] is None else f"{shapes[n].wkt:.60}"
        errors[n] = as_error(BadInput(f"Its geometry is {what}; a point is needed."))
    return Batch(rows, x, y, done, errors)
