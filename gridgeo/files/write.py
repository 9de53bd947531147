"""Polygons as a file for other programs: GeoPackage, Shapefile, FlatGeobuf, GeoParquet, GeoJSON.

Features are written batch by batch into a folder beside the target and moved there at the end, so
that nobody ever sees half a file. Coordinates in EPSG:4326 and 4490 are the stored doubles, bit for
bit; in other systems they come back to the same lattice numbers.
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.files.target import AS_STORED, DRIVERS, Target
from gridgeo.geometry.crs import from_wgs84
from gridgeo.units.model import Shape

BATCH = 5_000
_GEOMETRY = "geometry"
_DBF_NAME = 10  # letters of a column's name in a Shapefile


class Feature(NamedTuple):
    """Values in the order of the columns, and the shape (EPSG:4326, on the lattice)."""

    values: Sequence[object]
    shape: Shape


def write_features(
    target: Target, columns: Mapping[str, pa.DataType], features: Iterable[Feature]
) -> int:
    """Write features to a file and return how many.

    After the columns named come those of the target's stamp, and for a shifted datum `datum`. In a
    Shapefile names keep their first ten letters and text is UTF-8. Geometry is MultiPolygon, in the
    order of the features.

    Raises
    ------
    UnknownKeyword, BadInput, Conflict
        As `Target.check`.
    """
    target.check()
    schema = _schema(target, columns)
    counted = _Counted(_batches(target, schema, features))
    with TemporaryDirectory(dir=target.file.parent, prefix=".export-") as folder:
        draft = Path(folder) / target.file.name
        write = _write_parquet if target.suffix == ".parquet" else _write_by_gdal
        try:
            write(target, draft, schema, counted)
        except RuntimeError as error:
            raise counted.broken or error from None
        _move(target, draft)
    return counted.rows


def _move(target: Target, draft: Path) -> None:
    for piece, final in zip(target.pieces(draft), target.pieces(target.file), strict=True):
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


def _schema(target: Target, columns: Mapping[str, pa.DataType]) -> pa.Schema:
    every = {**columns, **dict.fromkeys(target.stamp or {}, pa.int32())}
    if target.datum:
        every["datum"] = pa.string()
    if target.is_shapefile:
        every = {name[:_DBF_NAME]: kind for name, kind in every.items()}
    return pa.schema([*every.items(), (_GEOMETRY, pa.binary())])


def _batches(
    target: Target, schema: pa.Schema, features: Iterable[Feature]
) -> Iterator[pa.RecordBatch]:
    several = iter(features)
    stamp = (*(target.stamp or {}).values(), *((target.datum,) if target.datum else ()))
    while batch := list(islice(several, BATCH)):
        values = [(*feature.values, *stamp) for feature in batch]
        wkb = shapely.to_wkb(_shapes(target, [feature.shape for feature in batch]))
        columns = [*zip(*values, strict=True), wkb]
        arrays = [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _shapes(target: Target, given: Sequence[Shape]) -> NDArray[np.object_]:
    shapes = np.empty(len(given), dtype=object)
    shapes[:] = [
        shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        for shape in given
    ]
    if target.crs in AS_STORED:
        return shapes
    moved = shapely.transform(
        shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], target.crs))
    )
    return np.asarray(moved, dtype=np.object_)


# --- formats -----------------------------------------------------------------------------------


def _write_by_gdal(
    target: Target, draft: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> None:
    reader = pa.RecordBatchReader.from_batches(schema, iter(batches))
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
            layer_metadata=target.about if target.suffix == ".gpkg" else None,
        )


def _layer_options(target: Target) -> dict[str, str]:
    told = json.dumps(target.about)
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


def _write_parquet(
    target: Target, draft: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> None:
    """GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/): WKB; no CRS is null."""
    crs = None if target.datum else CRS.from_user_input(target.crs).to_json_dict()
    column = {"encoding": "WKB", "geometry_types": ["MultiPolygon"], "crs": crs}
    document: dict[str, Any] = {
        "version": "1.1.0",
        "primary_column": _GEOMETRY,
        "columns": {_GEOMETRY: column},
    }
    words = {"geo": json.dumps(document), "gridgeo": json.dumps(target.about)}
    with pq.ParquetWriter(draft, schema.with_metadata(words), compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(words))
