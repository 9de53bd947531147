"""Tables of what stands in the city, as CSV: the columns of each kind, and its rows checked."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from gridgeo.errors import BadInput
from gridgeo.files.ground import Zone, converter, degrees_in, has_degrees
from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.geometry.problem import Problem

ENCODINGS = ("utf-8-sig", "gb18030")
FAMILIES = ("video", "iot", "mobile")
MAX_HOUSEHOLDS = 40
WGS84 = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class TableKind:
    """What a table holds: the columns it must have, those it may have, and its key."""

    name: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    key: str | None = None
    has_point: bool = True

    @property
    def columns(self) -> str:
        """The columns as one line for people."""
        point = ("lon, lat (or x, y with --crs)",) if self.has_point else ()
        optional = tuple(f"{column} (optional)" for column in self.optional)
        return ", ".join((*self.needed, *point, *optional))


PLACES = TableKind("places", ("name", "kind"), ("address",))
DEVICES = TableKind("devices", ("code", "kind", "family"), key="code")
DUTY_POSTS = TableKind("duty posts", ("code", "kind"), ("unit_code",), key="code")
CONTACTS = TableKind("contacts", ("party_code", "contact"), key="party_code", has_point=False)
BUILDINGS = TableKind("buildings", ("footprint_wkt", "households"))


@dataclass(frozen=True, slots=True)
class Row:
    """One sound row: its line in the file, its cells, its point on the lattice in degrees.

    `footprint` is there for buildings only; without a point lon and lat are not numbers.
    """

    line: int
    cells: Mapping[str, str]
    lon: float = math.nan
    lat: float = math.nan
    footprint: Polygon | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file, or what is wrong with them."""

    file: str
    kind: TableKind
    rows: Sequence[Row]
    problems: Sequence[Problem]

    def problem(self, row: Row, message: str) -> Problem:
        """Return a problem with one row."""
        return _problem(self.file, row.line, message, row.lon, row.lat)


Cells = tuple[int, dict[str, str]]
Faults = list[tuple[int, Problem]]


def read_table(
    path: Path, kind: TableKind, zone: Zone, crs: str | None = None, encoding: str | None = None
) -> Table:
    """Read a CSV file with a header line; every bad row becomes a problem with its line number.

    Parameters
    ----------
    crs : str, optional
        Of x and y, and of lon and lat where it has degrees; these are WGS 84 otherwise.
    encoding : str, optional
        Otherwise UTF-8 and then GB 18030 are tried.

    Raises
    ------
    BadInput
        There is no such file, it is no text, has no rows, or lacks a column.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {str(path)!r}.", key="file", value=path)
    reader = csv.DictReader(io.StringIO(_decoded(path, encoding), newline=""), restval="")
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    axes = _axes(path, header, kind, crs)
    found, faults = _cells(path.name, reader, kind)
    if not found and not faults:
        raise BadInput(f"{path.name} holds no row at all.", key="file", value=path)
    rows = [Row(line, cells) for line, cells in found]
    if kind.has_point:
        system = _system(axes, crs)
        rows, more = _placed(path.name, found, axes, zone, system)
        faults += more
        if kind is BUILDINGS:
            rows, more = _with_footprints(path.name, rows, zone, system)
            faults += more
    in_order = sorted(faults, key=lambda fault: fault[0])
    return Table(path.name, kind, rows, [problem for _, problem in in_order])


def _decoded(path: Path, encoding: str | None) -> str:
    content = path.read_bytes()
    for name in ENCODINGS if encoding is None else (encoding,):
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(
        f"{path.name} is no text in {encoding or ' or '.join(ENCODINGS)}; say its --encoding.",
        key="encoding",
        value=encoding,
    )


def _axes(path: Path, header: Sequence[str], kind: TableKind, crs: str | None) -> tuple[str, str]:
    lacking = [column for column in kind.needed if column not in header]
    axes = ("lon", "lat") if "lon" in header else ("x", "y")
    if kind.has_point and not set(axes) <= set(header):
        lacking += ["lon", "lat"]
    if lacking:
        raise BadInput(
            f"{path.name} lacks the column {lacking[0]!r}; {kind.name} have: {kind.columns}. "
            f"Its columns are: {', '.join(header) or 'none'}.",
            key="column",
            value=lacking[0],
        )
    if kind.has_point and axes == ("x", "y") and crs is None:
        raise BadInput(
            f"{path.name} has x and y; say their coordinate system with --crs.", key="crs"
        )
    return axes


def _system(axes: tuple[str, str], crs: str | None) -> str:
    if crs is None:
        return WGS84
    converter(crs)
    return crs if axes == ("x", "y") or has_degrees(crs) else WGS84


def _cells(file: str, reader: "csv.DictReader[str]", kind: TableKind) -> tuple[list[Cells], Faults]:
    """Return the sound rows by their lines, and what is wrong with the others."""
    found: list[Cells] = []
    faults: Faults = []
    for cells in reader:
        fault = _cell_fault(cells, kind)
        if fault is None:
            found.append((reader.line_num, {k: v.strip() for k, v in cells.items()}))
        else:
            faults.append((reader.line_num, _problem(file, reader.line_num, fault)))
    return found, faults + _repeated(file, found, kind)


def _cell_fault(cells: Mapping[str | None, object], kind: TableKind) -> str | None:
    """Return what is wrong with a row apart from its point."""
    if None in cells:
        return "it has more cells than the header"
    empty = [column for column in kind.needed if not str(cells[column]).strip()]
    if empty:
        return f"its {empty[0]} is empty"
    if kind is DEVICES and str(cells["family"]).strip() not in FAMILIES:
        return f"its family {cells['family']!r} is none of {', '.join(FAMILIES)}"
    households = str(cells.get("households", "0")).strip()
    if kind is BUILDINGS and not (households.isdecimal() and int(households) <= MAX_HOUSEHOLDS):
        return f"its households {households!r} are no number from 0 to {MAX_HOUSEHOLDS}"
    return None


def _repeated(file: str, rows: Sequence[Cells], kind: TableKind) -> Faults:
    first: dict[str, int] = {}
    found = []
    for line, cells in rows if kind.key is not None else ():
        value = cells[str(kind.key)]
        if value in first:
            message = f"{kind.key} {value!r} stands in line {first[value]} too"
            found.append((line, _problem(file, line, message)))
        first.setdefault(value, line)
    return found


def _placed(
    file: str, rows: Sequence[Cells], axes: tuple[str, str], zone: Zone, crs: str
) -> tuple[list[Row], Faults]:
    """Bring the points of all rows to the lattice at once, or row by row to name the bad ones."""
    numbers, sound = [], []
    faults: Faults = []
    for line, cells in rows:
        try:
            numbers.append([float(cells[axis]) for axis in axes])
            sound.append((line, cells))
        except ValueError:
            at = ", ".join(f"{axis} {cells[axis]!r}" for axis in axes)
            faults.append((line, _problem(file, line, f"{at} are no coordinates")))
    xy = np.array(numbers, dtype=np.float64).reshape(-1, 2)
    degrees, misplaced = _each(xy, crs, zone, lambda row: f"{file}, line {sound[row][0]}")
    on_lattice = to_degrees(to_lattice(degrees)).tolist()
    kept = [i for i in range(len(sound)) if i not in misplaced]
    placed = [Row(*sound[i], lon, lat) for i, (lon, lat) in zip(kept, on_lattice, strict=True)]
    return placed, faults + [(sound[i][0], problem) for i, problem in misplaced.items()]


def _each(
    xy: NDArray[np.float64], crs: str, zone: Zone,
    name: Callable[[int], str],
) -> tuple[NDArray[np.float64], dict[int, Problem]]:  # fmt: skip
    """Return the degrees of the rows that lie in the zone, and a problem for each other row."""
    try:
        return degrees_in(xy, crs, zone, name), {}
    except BadInput:
        return _one_by_one(xy, crs, zone, name)


def _one_by_one(
    xy: NDArray[np.float64], crs: str, zone: Zone, name: Callable[[int], str]
) -> tuple[NDArray[np.float64], dict[int, Problem]]:
    degrees, faults = [], {}
    for row in range(len(xy)):
        try:
            degrees.append(degrees_in(xy[row : row + 1], crs, zone, _always(name(row))))
        except BadInput as error:
            faults[row] = Problem("invalid", (), math.nan, math.nan, error.detail)
    return np.vstack([np.empty((0, 2)), *degrees]), faults


def _with_footprints(
    file: str, rows: Sequence[Row], zone: Zone, crs: str
) -> tuple[list[Row], Faults]:
    done: list[Row] = []
    faults: Faults = []
    for row in rows:
        shape = shapely.from_wkt(row.cells["footprint_wkt"], on_invalid="ignore")
        if not isinstance(shape, Polygon) or shape.is_empty or not shape.is_valid:
            message = "its footprint_wkt is no valid polygon"
            faults.append((row.line, _problem(file, row.line, message, row.lon, row.lat)))
            continue
        try:
            footprint = shapely.transform(
                shape, partial(_lattice, crs=crs, zone=zone, name=f"{file}, line {row.line}")
            )
            done.append(Row(row.line, row.cells, row.lon, row.lat, footprint))
        except BadInput as error:
            faults.append((row.line, Problem("invalid", (), row.lon, row.lat, error.detail)))
    return done, faults


def _lattice(xy: NDArray[np.float64], crs: str, zone: Zone, name: str) -> NDArray[np.float64]:
    return to_degrees(to_lattice(degrees_in(xy, crs, zone, _always(name))))


def _always(name: str) -> Callable[[int], str]:
    return lambda _: name


def _problem(
    file: str, line: int, message: str, lon: float = math.nan, lat: float = math.nan
) -> Problem:
    return Problem("invalid", (), lon, lat, f"{file}, line {line}: {message}")
