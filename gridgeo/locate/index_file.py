"""The city of a version in a file, so that a server that starts again answers at once.

A worker maps the file into memory and shares its pages with the others. The file names the
database, the whole row of its map version and its format; one that does not fit is left alone, one
that is damaged is refused, and in both cases the city is read from the database.
"""

import fcntl
import hashlib
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from numpy.typing import NDArray
from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.errors import NotFound
from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.point_index import DamagedIndexFile, PointIndex
from gridgeo.geometry.raster_index.storage import OtherFormat, read_arrays, write_arrays
from gridgeo.geometry.shape_table import ShapeTable
from gridgeo.locate.model import CityIndex
from gridgeo.locate.unit_table import ExclusiveTable, UnitTable
from gridgeo.units.model import MapVersion
from gridgeo.units.store import resolve_version

MAP_IDENTITY = statement(__package__, "map_identity")

FORMAT = 1
KEPT = 2
"""How many files stay in the folder; the city of the newest answers, the other is in use still."""

log = logging.getLogger("gridgeo")

Arrays = dict[str, NDArray[Any]]

Contents = tuple[Arrays, Any]
"""What `read_arrays` returns."""


class IndexFiles:
    """The index files of an installation, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ahead: dict[Path, Future[Contents]] = {}

    def read_ahead(self) -> None:
        """Begin to read the file that was written last, so that `newest` finds it read.

        Its checksum takes a tenth of a second of a core, in which this thread may do other work.
        """
        with suppress(FileNotFoundError):  # another process may remove an old one just now
            paths = sorted(self._folder.glob("city-*.index"), key=_written)
            reader = ThreadPoolExecutor(1, "index file")
            self._ahead = {path: reader.submit(read_arrays, path) for path in paths[-1:]}
            reader.shutdown(wait=False)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time build a city; the lock ends with its process.

        Where the folder cannot be written, each process builds its own.
        """
        with locked(self._folder):
            yield

    def newest(self, conn: Connection[Any]) -> CityIndex | None:
        """Return the city of the latest version that a file holds of this very map, or None."""
        mark = map_mark(conn)
        for path in sorted(self._folder.glob(f"city-{mark}-*.index"), reverse=True):
            city = _read(path, mark, self._ahead.pop(path, None))
            if city is not None and _is_of(conn, city.version):
                return city
        return None

    def has(self, conn: Connection[Any], version: MapVersion) -> bool:
        """Say whether there is a file of this version."""
        return self._path(map_mark(conn), version).is_file()

    def kept(self, conn: Connection[Any], city: CityIndex) -> CityIndex:
        """Write a city, and return it out of its file; under the lock.

        A city that cannot be written is returned as it is, and the log says why.
        """
        mark = map_mark(conn)
        try:
            path = self._save(mark, city)
        except (OSError, InvalidShape) as error:
            log.warning("the city was not written to a file", extra={"error": str(error)})
            return city
        return _read(path, mark) or city

    def _path(self, mark: str, version: MapVersion) -> Path:
        return self._folder / f"city-{mark}-{version.version:09d}.index"

    def _save(self, mark: str, city: CityIndex) -> Path:
        """Write a city beside the others, and remove the oldest."""
        path = self._path(mark, city.version)
        write_arrays(path, *_parts(mark, city))
        for half in self._folder.glob("*.part"):
            half.unlink(missing_ok=True)
        for old in sorted(self._folder.glob("city-*.index"), key=_written)[:-KEPT]:
            old.unlink(missing_ok=True)
        return path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, made if need be; it ends with the process that holds it.

    Where the folder cannot be written nobody is kept out, and the log says so.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((folder / "lock").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            log.warning("the folder of index files cannot be locked", extra={"error": str(error)})
        yield


def map_mark(conn: Connection[Any]) -> str:
    """Return a word that tells this map from any other: its server, its database, its beginning."""
    row = conn.execute(MAP_IDENTITY).fetchone()
    return hashlib.sha256(repr(row).encode()).hexdigest()[:16]


def _is_of(conn: Connection[Any], version: MapVersion) -> bool:
    """Whether the database has just this version, to the microsecond and the word."""
    try:
        return resolve_version(conn, str(version.version)) == version
    except NotFound:
        return False


def _read(path: Path, mark: str, begun: "Future[Contents] | None" = None) -> CityIndex | None:
    try:
        arrays, more = read_arrays(path) if begun is None else begun.result()
    except OtherFormat:
        return None
    except DamagedIndexFile as error:
        log.warning(
            "an index file is damaged; the map is read anew",
            extra={"file": path.name, "error": str(error)},
        )
        return None
    except FileNotFoundError:
        return None
    if more.get("city_format") != FORMAT or more["mark"] != mark:
        log.info(
            "an index file is of another kind; the map is read anew", extra={"file": path.name}
        )
        return None
    return _city(arrays, more)


def _written(path: Path) -> float:
    return path.stat().st_mtime


def _parts(mark: str, city: CityIndex) -> tuple[Arrays, dict[str, Any]]:
    index, more = city.index.parts()
    units = UnitTable.of(city.units)
    arrays = {
        **_named("index", index),
        **_named("leaf", city.leaves.arrays()),
        **_named("grid_shape", city.exclusive_shapes.arrays()),
        **_named("grid", ExclusiveTable.of(city.exclusive).arrays),
        **_named("unit", units.arrays),
    }
    return arrays, {
        "city_format": FORMAT,
        "mark": mark,
        "version": {**asdict(city.version), "valid_from": city.version.valid_from.isoformat()},
        "planar_srid": city.planar_srid,
        "levels": units.levels,
        "index": more,
    }


def _city(arrays: Arrays, more: Mapping[str, Any]) -> CityIndex:
    row = more["version"]
    return CityIndex(
        version=MapVersion(**{**row, "valid_from": datetime.fromisoformat(row["valid_from"])}),
        units=UnitTable(_group(arrays, "unit"), more["levels"]),
        leaves=ShapeTable(**_group(arrays, "leaf")),
        index=PointIndex.of_parts(_group(arrays, "index"), more["index"]),
        exclusive=ExclusiveTable(_group(arrays, "grid")),
        exclusive_shapes=ShapeTable(**_group(arrays, "grid_shape")),
        planar_srid=more["planar_srid"],
    )


def _named(group: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {f"{group}.{name}": array for name, array in arrays.items()}


def _group(arrays: Arrays, group: str) -> Arrays:
    start = f"{group}."
    return {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
