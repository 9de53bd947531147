"""Units as a file for other programs: GeoPackage, Shapefile, FlatGeobuf, GeoParquet, GeoJSON.

Features are written batch by batch into a folder beside the target and moved there at the end, so
that nobody ever sees half a file. Coordinates in EPSG:4326 and 4490 are the stored doubles, bit for
bit; in other systems they come back to the same lattice numbers.
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.errors import BadInput, Conflict, UnknownKeyword
from gridgeo.geometry.crs import from_wgs84
from gridgeo.geometry.errors import UnknownCrs
from gridgeo.units.model import Unit

DRIVERS: Mapping[str, str] = {
    ".gpkg": "GPKG",
    ".shp": "ESRI Shapefile",
    ".shp.zip": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
    ".parquet": "GeoParquet",
    ".geojson": "GeoJSON",
}
"""Format by the end of the file's name."""

SHIFTED: Mapping[str, str] = {"gcj02": "GCJ-02", "bd09": "BD-09"}
"""Datums that no registry knows: a file can only name them in words."""

AS_STORED = ("EPSG:4326", "EPSG:4490")

BATCH = 5_000
_GEOMETRY = "geometry"
_DBF_NAME = 10  # letters of a column's name in a Shapefile


@dataclass(frozen=True, slots=True)
class Row:
    """A unit with what it does not hold itself: area in m2 and the unit of the top level."""

    unit: Unit
    area_m2: float
    top_code: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write: its system of coordinates and what it says of itself.

    Parameters
    ----------
    file
        The end of its name is the format.
    crs
        "EPSG:<number>", "gcj02" or "bd09".
    top_column
        Name of the column for `Row.top_code`, such as district_code.
    stamp
        Columns with one value for all: map_version, plan.
    precision
        Decimals of coordinates in GeoJSON; None keeps them exact.
    overwrite
        Whether an existing file may be replaced.
    """

    file: Path
    crs: str = "EPSG:4326"
    top_column: str = "district_code"
    stamp: Mapping[str, int] | None = None
    precision: int | None = None
    overwrite: bool = False

    @property
    def suffix(self) -> str:
        """The end of the name that tells the format; raises `UnknownKeyword` for any other."""
        name = self.file.name.lower()
        for suffix in DRIVERS:
            if name.endswith(suffix) and name != suffix:
                return suffix
        message = f"Unknown format of {self.file.name!r}; a name ends in {', '.join(DRIVERS)}."
        raise UnknownKeyword(message, key="out", value=self.file.name)

    @property
    def datum(self) -> str | None:
        """The name of a shifted datum, None for a system with a number."""
        return SHIFTED.get(self.crs)

    @property
    def is_geographic(self) -> bool:
        """Whether coordinates are degrees."""
        return self.datum is not None or CRS.from_user_input(self.crs).is_geographic

    def check(self) -> None:
        """Raise before anything is read.

        Raises
        ------
        UnknownKeyword
            The name's end tells no format, or nobody knows the system.
        BadInput
            The folder is missing, or decimals are asked of a binary format.
        Conflict
            The file exists and may not be replaced.
        """
        if self.precision is not None and self.suffix != ".geojson":
            raise BadInput(
                f"precision is for .geojson; {self.suffix} holds doubles.", key="precision"
            )
        if not self.file.parent.is_dir():
            raise BadInput(f"There is no folder {self.file.parent}.", key="out", value=self.file)
        if not self.overwrite and any(file.exists() for file in self._pieces(self.file)):
            message = f"{self.file} exists; say --overwrite to replace it."
            raise Conflict(message, key="out", value=self.file)
        try:
            from_wgs84([114.0], [34.5], self.crs)
        except UnknownCrs as error:
            raise UnknownKeyword(error.message, key="crs", value=self.crs) from error

    def _pieces(self, file: Path) -> list[Path]:
        """All files that make up one of this format; the one that opens comes last."""
        if self.suffix != ".shp":
            return [file]
        return [file.with_suffix(end) for end in (".cpg", ".prj", ".dbf", ".shx", ".shp")]


def write_units(target: Target, rows: Iterable[Row]) -> int:
    """Write units (EPSG:4326, on the lattice) to a file and return how many.

    Columns: code, name, level, parent_code, legal_parent_code, the top level's code, households,
    area_m2, leaf, synthetic, those of the stamp, and for a shifted datum `datum`. In a Shapefile
    names keep their first ten letters and text is UTF-8. Geometry is MultiPolygon, in the order of
    the rows.

    Raises
    ------
    UnknownKeyword, BadInput, Conflict
        As `Target.check`.
    """
    target.check()
    counted = _Counted(_batches(target, rows))
    with TemporaryDirectory(dir=target.file.parent, prefix=".export-") as folder:
        draft = Path(folder) / target.file.name
        try:
            _write(target, draft, counted)
        except RuntimeError as error:
            raise counted.broken or error from None
        _move(target, draft)
    return counted.rows


def _move(target: Target, draft: Path) -> None:
    for piece, final in zip(target._pieces(draft), target._pieces(target.file), strict=True):
        if piece.exists():
            piece.replace(final)
        else:
            final.unlink(missing_ok=True)  # e.g. the .prj of the file that is replaced


class _Counted:
    """Batches, counted as they go by; GDAL hides what broke their source, so it is kept."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = batches
        self.rows = 0
        self.broken: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                self.rows += batch.num_rows
                yield batch
        except Exception as error:
            self.broken = error
            raise


# --- rows and columns --------------------------------------------------------------------------


def _schema(target: Target) -> pa.Schema:
    text, whole = pa.string(), pa.int32()
    columns = {
        "code": text, "name": text, "level": text, "parent_code": text, "legal_parent_code": text,
        target.top_column: text, "households": whole, "area_m2": pa.float64(), "leaf": pa.bool_(),
        "synthetic": pa.bool_(), **dict.fromkeys(target.stamp or {}, whole),
    }  # fmt: skip
    if target.datum:
        columns["datum"] = text
    if target.suffix in (".shp", ".shp.zip"):
        columns = {name[:_DBF_NAME]: kind for name, kind in columns.items()}
    return pa.schema([*columns.items(), (_GEOMETRY, pa.binary())])


def _batches(target: Target, rows: Iterable[Row]) -> Iterator[pa.RecordBatch]:
    schema, several = _schema(target), iter(rows)
    while batch := list(islice(several, BATCH)):
        values = [_values(target, row) for row in batch]
        wkb = shapely.to_wkb(_shapes(target, batch))
        columns = [*zip(*values, strict=True), wkb]
        arrays = [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _values(target: Target, row: Row) -> tuple[object, ...]:
    unit = row.unit
    shifted = (target.datum,) if target.datum else ()
    return (
        unit.code, unit.name, unit.level, unit.parent_code, unit.legal_parent_code, row.top_code,
        unit.households, row.area_m2, unit.is_leaf, unit.synthetic,
        *(target.stamp or {}).values(), *shifted,
    )  # fmt: skip


def _shapes(target: Target, rows: Sequence[Row]) -> NDArray[np.object_]:
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [
        row.unit.shape
        if row.unit.shape.geom_type == "MultiPolygon"
        else shapely.multipolygons([row.unit.shape])
        for row in rows
    ]
    if target.crs in AS_STORED:
        return shapes
    moved = shapely.transform(
        shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], target.crs))
    )
    return np.asarray(moved, dtype=np.object_)


def _about(target: Target) -> dict[str, str]:
    """Return what the file says of itself, in words."""
    stamp = {name: str(value) for name, value in (target.stamp or {}).items()}
    return {"source": "gridgeo", "crs": target.datum or target.crs, **stamp}


# --- formats -----------------------------------------------------------------------------------


def _write(target: Target, draft: Path, batches: Iterable[pa.RecordBatch]) -> None:
    write = _write_parquet if target.suffix == ".parquet" else _write_by_gdal
    write(target, draft, batches)


def _write_by_gdal(target: Target, draft: Path, batches: Iterable[pa.RecordBatch]) -> None:
    reader = pa.RecordBatchReader.from_batches(_schema(target), iter(batches))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_arrow(
            reader,
            draft,
            layer=draft.name.removesuffix(target.suffix),
            driver=DRIVERS[target.suffix],
            geometry_name=_GEOMETRY,
            geometry_type="MultiPolygon",
            crs=None if target.datum else target.crs,
            layer_options=_layer_options(target),
            layer_metadata=_about(target) if target.suffix == ".gpkg" else None,
        )


def _layer_options(target: Target) -> dict[str, str]:
    told = json.dumps(_about(target))
    if target.suffix == ".gpkg":
        return {"DESCRIPTION": told, **({"SRID": "0"} if target.datum else {})}
    if target.suffix == ".fgb":
        return {"DESCRIPTION": told}
    if target.suffix == ".geojson":
        return {"DESCRIPTION": told, "COORDINATE_PRECISION": str(_decimals(target))}
    return {"ENCODING": "UTF-8"}


def _decimals(target: Target) -> int:
    """Decimals that keep a coordinate: all of a lattice number's, else to a tenth of a mm."""
    if target.precision is not None:
        return target.precision
    if target.crs in AS_STORED:
        return 7
    return 9 if target.is_geographic else 4


def _write_parquet(target: Target, draft: Path, batches: Iterable[pa.RecordBatch]) -> None:
    """GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/): WKB; no CRS is null."""
    crs = None if target.datum else CRS.from_user_input(target.crs).to_json_dict()
    column = {"encoding": "WKB", "geometry_types": ["MultiPolygon"], "crs": crs}
    document: dict[str, Any] = {
        "version": "1.1.0",
        "primary_column": _GEOMETRY,
        "columns": {_GEOMETRY: column},
    }
    words = {"geo": json.dumps(document), "gridgeo": json.dumps(_about(target))}
    schema = _schema(target).with_metadata(words)
    with pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(words))
