"""Answered points as a file: CSV, Parquet, GeoJSON, GeoPackage, FlatGeobuf; whole or not at all."""

import csv
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError
from pyproj import CRS

from gridgeo.cli.locate_batch import WGS84
from gridgeo.cli.locate_read import Source
from gridgeo.errors import BadInput, Conflict, UnknownKeyword
from gridgeo.locate.table import Placed

DRIVERS = {".geojson": "GeoJSON", ".gpkg": "GPKG", ".fgb": "FlatGeobuf"}
LAYER_OPTIONS: dict[str, dict[str, str]] = {
    ".geojson": {"COORDINATE_PRECISION": "17"},  # with fewer GDAL rounds to a near short number
    ".gpkg": {},
    ".fgb": {"SPATIAL_INDEX": "NO"},  # an index would change the order of the rows
}
KNOWN = (".csv", ".parquet", *DRIVERS)

Answered = Iterator[tuple[pa.RecordBatch, Placed]]


class Sink:
    """The file to write, in the form that the end of its name tells.

    Parameters
    ----------
    prefix
        Stands before the names of columns that the form asks for: lon and lat, or geometry.
    """

    def __init__(self, out: Path, overwrite: bool, prefix: str = "") -> None:
        self._out, self._overwrite = out, overwrite
        self._axes = (f"{prefix}lon", f"{prefix}lat")
        self._geometry = f"{prefix}geometry"

    def check(self) -> None:
        """Raise before anything is read.

        Raises
        ------
        UnknownKeyword
            The name's end tells no form.
        BadInput
            The folder is missing.
        Conflict
            The file exists and may not be replaced.
        """
        out = self._out
        if out.suffix.lower() not in KNOWN:
            message = f"Unknown form of {out.name!r}; a name ends in {', '.join(KNOWN)}."
            raise UnknownKeyword(message, key="out", value=out.name)
        if not out.parent.is_dir():
            raise BadInput(f"There is no folder {out.parent}.", key="out", value=out)
        if out.exists() and not self._overwrite:
            message = f"{out} exists; say --overwrite to replace it."
            raise Conflict(message, key="out", value=out)

    def write(self, source: Source, schema: pa.Schema, answered: Answered) -> None:
        """Write all rows beside the file, then put the draft in its place.

        Raises
        ------
        BadInput
            A row's values do not fit the form.
        """
        write = {".csv": self._csv, ".parquet": self._parquet}.get(
            self._out.suffix.lower(), self._by_gdal
        )
        with TemporaryDirectory(dir=self._out.parent, prefix=".locate-") as folder:
            draft = Path(folder) / self._out.name
            write(draft, source, schema, answered)
            draft.replace(self._out)

    def _csv(self, draft: Path, source: Source, schema: pa.Schema, answered: Answered) -> None:
        """Write text; a geometry becomes lon and lat, in degrees of EPSG:4326."""
        names = [name for name in schema.names if name != source.geometry]
        axes = [] if source.geometry is None else self._new(schema, *self._axes)
        with draft.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*names, *axes])
            for rows, placed in answered:
                columns = [rows.column(name).to_pylist() for name in names]
                if axes:
                    columns += [_texts(placed.lon), _texts(placed.lat)]
                writer.writerows(zip(*columns, strict=True))

    def _parquet(self, draft: Path, source: Source, schema: pa.Schema, answered: Answered) -> None:
        """Write typed columns; with a geometry it is GeoParquet 1.1, points as they came."""
        words = {} if source.geometry is None else {"geo": _geo(source)}
        described = schema.with_metadata(words)
        with pq.ParquetWriter(draft, described, compression="zstd") as writer:
            for rows, _ in answered:
                writer.write_batch(rows.replace_schema_metadata(words))

    def _by_gdal(self, draft: Path, source: Source, schema: pa.Schema, answered: Answered) -> None:
        """Write features; without a geometry of their own they are points in EPSG:4326."""
        if source.geometry is None:
            (name,) = self._new(schema, self._geometry)
            crs: str | None = WGS84
            schema = schema.append(pa.field(name, pa.binary()))
            kept = Kept(_with_points(answered, schema))
        else:
            name, crs = source.geometry, source.geometry_crs
            kept = Kept(rows for rows, _ in answered)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="'crs' was not provided")
                pyogrio.write_arrow(
                    pa.RecordBatchReader.from_batches(schema, iter(kept)),
                    draft,
                    driver=DRIVERS[draft.suffix.lower()],
                    layer=draft.stem,
                    geometry_name=name,
                    geometry_type="Point" if source.geometry is None else "Unknown",
                    crs=crs,
                    layer_options=LAYER_OPTIONS[draft.suffix.lower()],
                )
        except (RuntimeError, DataSourceError) as error:
            if kept.broken is not None:
                raise kept.broken from None
            message = f"{self._out.name} cannot be written: {error}"
            raise BadInput(message, key="out", value=self._out) from error

    def _new(self, schema: pa.Schema, *names: str) -> tuple[str, ...]:
        """Return names of columns that the form asks for; raises where one is taken."""
        for name in names:
            if name in schema.names:
                raise BadInput(
                    f"The file has a column {name!r} already; give the new ones a prefix, such "
                    "as --prefix grid_.",
                    key="prefix",
                    value=name,
                )
        return names


class Kept:
    """Batches, with the error that broke their source: GDAL tells only that something did."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self.broken: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except Exception as error:
            self.broken = error
            raise


def _with_points(answered: Answered, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for rows, placed in answered:
        points: NDArray[np.object_] = np.full(len(placed.lon), None, dtype=object)
        sound = np.isfinite(placed.lon)
        points[sound] = shapely.points(placed.lon[sound], placed.lat[sound])
        wkb = pa.array(list(shapely.to_wkb(points)), pa.binary())
        yield pa.record_batch([*rows.columns, wkb], schema=schema)


def _texts(degrees: NDArray[np.float64]) -> list[str | None]:
    return [None if value != value else repr(value) for value in degrees.tolist()]


def _geo(source: Source) -> str:
    """Return what GeoParquet 1.1 says (https://geoparquet.org/releases/v1.1.0/)."""
    said = source.geometry_crs
    crs = None if said is None else CRS.from_user_input(said).to_json_dict()
    column: dict[str, object] = {"encoding": "WKB", "geometry_types": [], "crs": crs}
    document = {
        "version": "1.1.0",
        "primary_column": source.geometry,
        "columns": {source.geometry: column},
    }
    return json.dumps(document)
