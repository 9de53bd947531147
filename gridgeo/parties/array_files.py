"""Assets and rules in files, so that a server that starts again need not read them.

A worker maps a file into memory and shares its pages with the others. Its name is made of all that
it depends on: the database, the state of the tables, what is asked of them. So it is never stale;
one that is damaged is refused, and its contents are read from the database.
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

Contents = tuple[Arrays, Any]
"""Arrays by name, and a small JSON value."""


class ArrayFiles:
    """The files of an installation in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def contents(
        self,
        conn: Connection[Any],
        kind: str,
        state: Sequence[object],
        read: Callable[[], Contents],
    ) -> Contents:
        """Return what the file of a state holds; else what `read` returns, and write it.

        Parameters
        ----------
        kind : str
            First word of the file's name.
        state : sequence
            All that `read` depends on beside the database.
        """
        told = json.dumps([FORMAT, map_mark(conn), state], default=str)
        mark = hashlib.sha256(told.encode()).hexdigest()[:16]
        path = self._folder / f"{kind}-{mark}.arrays"
        found = _read(path)
        if found is not None:
            return found
        with locked(self._folder):
            return _read(path) or self._kept(path, kind, read())

    def _kept(self, path: Path, kind: str, contents: Contents) -> Contents:
        """Write contents, and return them out of their file; as they are where that cannot be."""
        try:
            for half in self._folder.glob("*.part"):
                half.unlink(missing_ok=True)
            write_arrays(path, *contents)
            for old in sorted(self._folder.glob(f"{kind}-*.arrays"), key=_written)[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            log.warning("a file was not written", extra={"file": path.name, "error": str(error)})
            return contents
        return _read(path) or contents


def _read(path: Path) -> Contents | None:
    try:
        return read_arrays(path)
    except OtherFormat:
        return None
    except DamagedIndexFile as error:
        log.warning("a file is damaged", extra={"file": path.name, "error": str(error)})
        return None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _written(path: Path) -> float:
    return path.stat().st_mtime
