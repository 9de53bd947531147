"""Files of points, chunk by chunk: CSV, (Geo)Parquet, GeoJSON, GeoPackage, FlatGeobuf.

All columns are kept as they are; a CSV file's are text. Memory holds one chunk.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from gridgeo.cli.locate_batch import (
    WGS84,
    Batch,
    axes_of,
    batch_of_geometry,
    epsg_of,
    known_crs,
    misfit,
    numbers_of,
    unreadable,
)
from gridgeo.errors import BadInput, UnknownKeyword
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.errors import UnknownCrs

CHUNK = 50_000
PARQUET = (".parquet", ".geoparquet")
OGR = (".geojson", ".json", ".gpkg", ".fgb")


class Source(Protocol):
    """A file of points that is open.

    Attributes
    ----------
    schema
        The columns of its rows.
    crs
        What its points are in, as `to_wgs84` takes it.
    geometry
        Name of the column of well-known binary; None where two columns hold the point.
    geometry_crs
        What the file says that its geometry is in; None where it has or says none.
    """

    schema: pa.Schema
    crs: str
    geometry: str | None
    geometry_crs: str | None

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order."""
        ...


@contextmanager
def open_points(
    path: Path, axes: tuple[str | None, str | None], crs: str | None, layer: str | None,
    encoding: str,
) -> Iterator[Source]:  # fmt: skip
    """Open a file of points for as long as the block lasts.

    Raises
    ------
    BadInput
        There is no such file, its ending is unknown, it is broken, or does not say where its
        points are or what they are in.
    UnknownKeyword
        Nobody knows the system.
    """
    if not path.is_file():
        raise BadInput(f"There is no file {str(path)!r}.", key="points", value=path)
    if crs is not None:
        _require_known(crs)
    suffix = path.suffix.lower()
    try:
        if suffix == ".csv":
            with path.open("rb") as raw:
                yield CsvSource(path, raw, axes, crs, encoding)
        elif suffix in PARQUET:
            with pq.ParquetFile(path) as file:
                yield ParquetSource(file, axes, crs)
        elif suffix in OGR:
            options = {"layer": layer, "batch_size": CHUNK, "use_pyarrow": True}
            with pyogrio.open_arrow(path, **options) as (meta, reader):
                yield OgrSource(path, layer, meta, reader, crs)
        else:
            known = ", ".join((".csv", *PARQUET, *OGR))
            raise BadInput(
                f"{path.name} has the ending {suffix!r}; points are read from {known}.",
                key="points",
                value=path,
            )
    except (pa.ArrowException, DataSourceError, DataLayerError, csv.Error) as error:
        why = str(error).splitlines()[0]
        raise BadInput(f"{path.name} cannot be read: {why}", key="points", value=path) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name} is not {encoding}; say what it is, such as --encoding gb18030.",
            key="encoding",
            value=encoding,
        ) from error


def _require_known(crs: str) -> None:
    try:
        to_wgs84([], [], crs)
    except UnknownCrs as error:
        raise UnknownKeyword(
            f"Nobody knows the system {crs!r}; give EPSG:<number>, gcj02 or bd09.",
            key="crs",
            value=crs,
        ) from error


class CsvSource:
    """A CSV file with a header line; all cells stay the text that they are."""

    geometry: str | None = None
    geometry_crs: str | None = None

    def __init__(
        self, path: Path, raw: Any, axes: tuple[str | None, str | None], crs: str | None,
        encoding: str,
    ) -> None:  # fmt: skip
        self._size = max(path.stat().st_size, 1)
        self._raw = raw
        try:
            self._reader = csv.reader(TextIOWrapper(raw, encoding=encoding, newline=""))
        except LookupError as error:
            message = f"There is no encoding {encoding!r}; try utf-8 or gb18030."
            raise BadInput(message, key="encoding", value=encoding) from error
        header = next(self._reader, [])
        if len(set(header)) != len(header):
            raise BadInput(f"{path.name} has two columns of one name.", key="points", value=path)
        self.schema = pa.schema([(name, pa.string()) for name in header])
        self._axes, self.crs = axes_of(header, axes, crs)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order; blank lines are none."""
        rows = (row for row in self._reader if row)
        while chunk := list(islice(rows, CHUNK)):
            yield self._batch(chunk)

    def _batch(self, chunk: list[list[str]]) -> Batch:
        width = len(self.schema)
        errors = {n: misfit(row, width) for n, row in enumerate(chunk) if len(row) != width}
        for n in errors:
            chunk[n] = (chunk[n] + [""] * width)[:width]
        columns = [pa.array(column, pa.string()) for column in zip(*chunk, strict=True)]
        rows = pa.record_batch(columns, schema=self.schema)
        x, y = (numbers_of(rows.column(axis)) for axis in self._axes)
        bad = list(errors)
        x[bad] = math.nan
        said = unreadable(rows, x, y, errors, self._axes)
        return Batch(rows, x, y, self._raw.tell() / self._size, said)


class ParquetSource:
    """A Parquet file: GeoParquet with points as WKB, or two columns of numbers."""

    def __init__(
        self, file: pq.ParquetFile, axes: tuple[str | None, str | None], crs: str | None
    ) -> None:
        self._file = file
        self.schema = file.schema_arrow
        self.geometry: str | None = None
        self.geometry_crs: str | None = None
        geo = json.loads((self.schema.metadata or {}).get(b"geo", b"{}"))
        if geo and axes == (None, None):
            self.geometry = str(geo["primary_column"])
            column = geo["columns"][self.geometry]
            if column["encoding"] != "WKB":
                raise BadInput("Its geometry is no well-known binary.", key="points")
            said = column.get("crs", WGS84)
            self.geometry_crs = None if said is None else epsg_of(CRS.from_user_input(said))
            self.crs = known_crs(crs or self.geometry_crs)
        else:
            self._axes, self.crs = axes_of(self.schema.names, axes, crs)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order."""
        total, done = max(self._file.metadata.num_rows, 1), 0
        for rows in self._file.iter_batches(CHUNK):
            done += rows.num_rows
            if self.geometry is not None:
                yield batch_of_geometry(rows, self.geometry, done / total)
                continue
            x, y = (numbers_of(rows.column(axis)) for axis in self._axes)
            yield Batch(rows, x, y, done / total, unreadable(rows, x, y, {}, self._axes))


class OgrSource:
    """A layer that GDAL reads as a stream."""

    def __init__(
        self, path: Path, layer: str | None, meta: Mapping[str, Any], reader: Any, crs: str | None
    ) -> None:
        self._reader = reader
        self.geometry: str | None = meta["geometry_name"] or "wkb_geometry"
        self.schema = reader.schema
        said = meta["crs"]
        self.geometry_crs = None if said is None else epsg_of(CRS.from_user_input(said))
        self.crs = known_crs(crs or self.geometry_crs)
        self._total = int(pyogrio.read_info(path, layer=layer)["features"])

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order."""
        done = 0
        for rows in self._reader:
            done += rows.num_rows
            share = done / self._total if self._total > 0 else None
            yield batch_of_geometry(rows, str(self.geometry), share)
