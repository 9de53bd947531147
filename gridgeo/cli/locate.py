"""`gridgeo locate`: a file of points, each with the unit that owns it; no server needed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import psycopg
import pyarrow as pa
import typer
from psycopg import IsolationLevel
from rich.console import Console

from gridgeo.cli.local import Local
from gridgeo.cli.locate_batch import Batch
from gridgeo.cli.locate_read import Source, open_points
from gridgeo.cli.locate_write import Sink
from gridgeo.cli.progress import Steps
from gridgeo.errors import BadInput
from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import load_index
from gridgeo.locate.table import FIELDS, LeafColumns, Placed, place_all
from gridgeo.settings import load_settings
from gridgeo.units.store import resolve_version

app = typer.Typer(add_completion=False, rich_markup_mode=None)

EXCLUSIVE = "exclusive"
ERROR = "error"


@app.command()
def locate(
    points: Annotated[Path, typer.Argument(help=".csv, .parquet, .geojson, .gpkg or .fgb.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help=".csv, .parquet, .geojson, .gpkg or .fgb.")
    ],
    x: Annotated[
        str | None, typer.Option("--x", "--lon", help="Column of x or lon [lon, lng or x].")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", "--lat", help="Column of y or lat [lat or y].")
    ] = None,
    crs: Annotated[
        str | None, typer.Option(help="Overrides the file's: EPSG:4547, gcj02, bd09 ...")
    ] = None,
    at: Annotated[str | None, typer.Option(help="A past version or instant.")] = None,
    fields: Annotated[
        str, typer.Option(help="What to say, with commas: code, level, name, reason.")
    ] = ",".join(FIELDS),
    chain: Annotated[
        bool, typer.Option("--chain", help="Add code and name of every level below the city.")
    ] = False,
    exclusive: Annotated[
        bool, typer.Option("--exclusive", help="Add the codes of the exclusive grids, with ;.")
    ] = False,
    prefix: Annotated[
        str, typer.Option(help="Put before the names of the new columns, such as grid_.")
    ] = "",
    layer: Annotated[str | None, typer.Option(help="Layer to read.")] = None,
    encoding: Annotated[str, typer.Option(help="Of a CSV file.")] = "utf-8-sig",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
) -> None:
    """Place every point of a file; the answer has its columns, its order and its bad rows.

    Works in chunks, so files may be larger than memory; the answer appears whole or not at all.

    Example: `gridgeo locate reports.csv -o placed.parquet --crs gcj02 --chain`
    """
    sink = Sink(out, overwrite, prefix)
    sink.check()
    with open_points(points, (x, y), crs, layer, encoding) as source, Steps() as report:
        city = _city(at, report)
        answer = Answer(source, city, fields.split(","), chain, exclusive, prefix)
        begun = time.monotonic()
        sink.write(source, answer.schema, answer.batches(report))
    _tell(out, answer.tally, city, time.monotonic() - begun)


def _city(at: str | None, report: Steps) -> CityIndex:
    local = Local.need(load_settings().local_file)
    report("reading the map")
    with psycopg.connect(local.dsn.reader) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        return load_index(conn, resolve_version(conn, at))


@dataclass
class Tally:
    """How many points came, and what became of them."""

    points: int = 0
    outside: int = 0
    errors: int = 0

    def add(self, placed: Placed, bad: int) -> None:
        """Count one batch."""
        self.points += len(placed.unit_ids)
        self.outside += placed.outside
        self.errors += bad

    @property
    def placed(self) -> int:
        """How many points have a unit."""
        return self.points - self.outside - self.errors


class Answer:
    """The rows of a source with their new columns.

    Raises
    ------
    BadInput
        A new column has the name of one of the source's.
    UnknownKeyword
        A field that nobody knows.
    """

    def __init__(
        self, source: Source, city: CityIndex, fields: list[str], chain: bool, exclusive: bool,
        prefix: str,
    ) -> None:  # fmt: skip
        self._source, self._city, self._exclusive = source, city, exclusive
        self._table = LeafColumns(city, fields, chain)
        self._columns = {
            name: pa.array(values, pa.string()) for name, values in self._table.columns.items()
        }
        names = [*self._columns, *([EXCLUSIVE] if exclusive else []), ERROR]
        added = [(f"{prefix}{name}", pa.string()) for name in names]
        self._refuse_repeated([name for name, _ in added])
        self.schema = pa.schema([*source.schema, *(pa.field(*column) for column in added)])
        self.tally = Tally()

    def _refuse_repeated(self, added: list[str]) -> None:
        taken = [name for name in added if name in self._source.schema.names]
        if taken:
            raise BadInput(
                f"The file has a column {taken[0]!r} already; give the new ones a prefix, such as "
                "--prefix grid_.",
                key="prefix",
                value=taken[0],
            )

    def batches(self, report: Steps) -> Iterator[tuple[pa.RecordBatch, Placed]]:
        """Yield the answered batches, in order, and where their points are."""
        for batch in self._source.batches():
            yield self._answered(batch)
            report("placing the points", batch.done)

    def _answered(self, batch: Batch) -> tuple[pa.RecordBatch, Placed]:
        placed = place_all(self._city, batch.x, batch.y, self._source.crs)
        rows = pa.array(self._table.rows(placed))
        errors = {**placed.errors, **batch.errors}
        self.tally.add(placed, len(errors))
        added = [column.take(rows) for column in self._columns.values()]
        if self._exclusive:
            added.append(pa.array(self._exclusive_codes(placed), pa.string()))
        said = np.full(len(batch.x), None, dtype=object)
        said[list(errors)] = list(errors.values())
        arrays = [*batch.rows.columns, *added, pa.array(said, pa.string())]
        return pa.record_batch(arrays, schema=self.schema), placed

    def _exclusive_codes(self, placed: Placed) -> list[str | None]:
        places = zip(placed.lon.tolist(), placed.lat.tolist(), strict=True)
        return [
            None
            if row in placed.errors
            else ";".join(grid.code for grid in self._city.exclusive_at(lon, lat))
            for row, (lon, lat) in enumerate(places)
        ]


def _tell(out: Path, tally: Tally, city: CityIndex, seconds: float) -> None:
    Console(soft_wrap=True, highlight=False).print(
        f"{out}: {tally.points} points by map version {city.version.version}: {tally.placed} "
        f"placed, {tally.outside} outside, {tally.errors} errors; {seconds:.1f} s, "
        f"{tally.points / max(seconds, 1e-3):,.0f} points/s",
        markup=False,
    )
