"""The assets that rules name in a file, so that a server that starts again need not read them.

A worker maps the file into memory and shares its pages with the others. Its name is made of all
that it depends on: the database, the state of the tables, what rules mean, how far they reach. So
it is never stale; one that is damaged is refused, and the assets are read from the database.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from psycopg import Connection

from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.raster_index.storage import (
    DamagedIndexFile,
    OtherFormat,
    read_arrays,
    write_arrays,
)
from gridgeo.locate.index_file import locked, map_mark
from gridgeo.parties.assets import AssetShapes

ASSETS_STATE = statement(__package__, "assets_state")

FORMAT = 1
KEPT = 2
"""How many files stay in the folder: the newest answers, the other may be in use still."""

log = logging.getLogger("gridgeo")


class AssetFiles:
    """The files of assets of an installation, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def shapes(
        self,
        conn: Connection[Any],
        asked: Iterable[object],
        planar: Planar,
        read: Callable[[], AssetShapes],
    ) -> AssetShapes:
        """Return assets out of their file; else those that `read` returns, and write them.

        Parameters
        ----------
        asked : iterable
            Which assets, and for what reach: all that `read` depends on beside the tables.
        planar : Planar
            The plane of their metres.
        """
        path = self._folder / f"assets-{_mark(conn, *asked, planar.srid)}.shapes"
        found = _read(path, planar)
        if found is not None:
            return found
        with locked(self._folder):
            return _read(path, planar) or self._kept(path, read(), planar)

    def _kept(self, path: Path, shapes: AssetShapes, planar: Planar) -> AssetShapes:
        """Write assets, and return them out of their file; as they are where that cannot be."""
        kinds = [sorted(words) for words in shapes.kinds]
        try:
            for half in self._folder.glob("*.part"):
                half.unlink(missing_ok=True)
            write_arrays(path, shapes.columns, kinds)
            for old in sorted(self._folder.glob("*.shapes"), key=_written)[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("the assets were not written to a file", extra={"error": str(error)})
            return shapes
        return _read(path, planar) or shapes


def _mark(conn: Connection[Any], *asked: object) -> str:
    state = conn.execute(ASSETS_STATE).fetchall()
    told = json.dumps([FORMAT, map_mark(conn), state, asked], default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _read(path: Path, planar: Planar) -> AssetShapes | None:
    try:
        columns, kinds = read_arrays(path)
    except OtherFormat:
        return None
    except DamagedIndexFile as error:
        log.warning("a file of assets is damaged", extra={"file": path.name, "error": str(error)})
        return None
    except (FileNotFoundError, NotADirectoryError):
        return None
    return AssetShapes([frozenset(words) for words in kinds], columns, planar)


def _written(path: Path) -> float:
    return path.stat().st_mtime
