"""Assets and rules in files, so that a server that starts again need not read them.

A worker maps a file into memory and shares its pages with the others. Its name is made of all that
it depends on: the database, the state of the tables, what is asked of them. So it is never stale as
long as rules change by new rule sets alone; a migration that changes rows of a set raises `FORMAT`.
One that is damaged is refused, and its contents are read from the database.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from psycopg import Connection

from gridgeo.geometry.raster_index.storage import (
    DamagedIndexFile,
    OtherFormat,
    read_arrays,
    write_arrays,
)
from gridgeo.locate.index_file import locked, map_mark

FORMAT = 2
KEPT = 2
"""How many files of a kind stay: the newest answers, the other may be in use still."""

log = logging.getLogger("gridgeo")

Arrays = Mapping[str, NDArray[Any]]


class ArrayFiles:
    """The files of an installation: a folder for each kind, so that no kind waits for another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def contents(
        self,
        conn: Connection[Any],
        kind: str,
        state: Sequence[object],
        read: Callable[[], Arrays],
    ) -> Arrays:
        """Return what the file of a state holds; else what `read` returns, and write it.

        Parameters
        ----------
        kind : str
            The folder.
        state : sequence
            All that `read` depends on beside the database.
        """
        told = json.dumps([FORMAT, map_mark(conn), state], default=str)
        mark = hashlib.sha256(told.encode()).hexdigest()[:16]
        path = self._folder / kind / f"{mark}.arrays"
        found = _read(path)
        if found is not None:
            return found
        with locked(path.parent):
            return _read(path) or _kept(path, read())


def _kept(path: Path, arrays: Arrays) -> Arrays:
    """Write arrays, and return them out of their file; as they are where that cannot be."""
    try:
        for half in path.parent.glob("*.part"):
            half.unlink(missing_ok=True)
        write_arrays(path, arrays, None)
        for old in sorted(path.parent.glob("*.arrays"), key=_written)[:-KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("a file was not written", extra={"file": path.name, "error": str(error)})
        return arrays
    return _read(path) or arrays


def _read(path: Path) -> Arrays | None:
    try:
        return read_arrays(path)[0]
    except OtherFormat:
        return None
    except DamagedIndexFile as error:
        log.warning("a file is damaged", extra={"file": path.name, "error": str(error)})
        return None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _written(path: Path) -> float:
    return path.stat().st_mtime
