"""Drawings in a file, mapped into memory: workers share its pages, a new start answers at once.

The file names its database, the whole row of its map version, the levels and zooms it shows and its
format; one that does not fit is left alone, one that is damaged is refused.
"""

import fcntl
import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import asdict
from psycopg import Connection

from gridgeo.errors import NotFound
from gridgeo.geometry.point_index import DamagedIndexFile
from gridgeo.geometry.raster_index.storage import OtherFormat, read_arrays, write_arrays
from gridgeo.locate.index_file import map_mark
from gridgeo.tiles.drawn.drawings import Drawings, Family
from gridgeo.tiles.drawn.labels import Labels
from gridgeo.tiles.drawn.parts import Arrays, Parts, arrays_of, cores, panes_of
from gridgeo.tiles.drawn.scheme import Scheme
from gridgeo.tiles.drawn.tree import Tree
from gridgeo.tiles.drawn.values import Values
from gridgeo.units.model import MapVersion
from gridgeo.units.store import resolve_version

FORMAT = 3
KEPT = 2
"""How many files stay in the folder: the newest answers, the other may be in use still."""

log = logging.getLogger("gridgeo")


class TileFiles:
    """The files of drawings of an installation, in one folder, for these levels and zooms.

    Those of another datum than WGS 84 lie in a folder of its name below.
    """

    def __init__(self, folder: Path, datum: str | None = None) -> None:
        self._folder = folder if datum is None else folder / datum

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Say whether this process may draw now; while one does, no other may.

        The lock ends with its process. Where the folder cannot be written nobody draws.
        """
        with self._locked("tiles.lock") as is_ours:
            yield is_ours

    @contextmanager
    def _locked(self, name: str) -> Iterator[bool]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = (self._folder / name).open("w")
        except OSError as error:
            log.warning("the folder of drawings cannot be locked", extra={"error": str(error)})
            yield False
            return
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def newest(self, conn: Connection[Any], scheme: Scheme) -> tuple[MapVersion, Drawings] | None:
        """Return the drawings of the latest version that a file holds of this very map, or None."""
        mark = map_mark(conn)
        for path in sorted(self._folder.glob(f"tiles-{mark}-*.drawn"), reverse=True):
            version = _version(conn, path)
            drawings = None if version is None else _read(path, mark, version, scheme)
            if version is not None and drawings is not None:
                return version, drawings
        return None

    def latest(self, conn: Connection[Any]) -> int | None:
        """Return the number of the latest version that a file holds of this map."""
        paths = sorted(self._folder.glob(f"tiles-{map_mark(conn)}-*.drawn"))
        return _number(paths[-1]) if paths else None

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """Say whether this process may start one that draws; as long as it holds this, no other.

        So not every worker starts one only to find that another draws.
        """
        with self._locked("tiles.claim") as is_ours:
            yield is_ours

    def parts(self, conn: Connection[Any], version: MapVersion, scheme: Scheme) -> Parts:
        """Return the zooms of a version that are drawn already; those of any other go."""
        told = f"tiles-{map_mark(conn)}-{version.version:09d}-{_head(version, scheme)['scheme']}"
        parts = Parts(self._folder, told, cores())
        parts.keep_own()
        return parts

    def keep(self, conn: Connection[Any], version: MapVersion, drawn: Drawings) -> None:
        """Write the drawings of a version, and remove the oldest files."""
        mark = map_mark(conn)
        arrays, parts = _parts(drawn)
        more = {**_head(version, drawn.scheme), "parts": parts}
        write_arrays(self._folder / f"tiles-{mark}-{version.version:09d}.drawn", arrays, more)
        found = sorted(self._folder.glob("tiles-*.drawn"), key=lambda path: path.stat().st_mtime)
        for old in found[:-KEPT]:
            old.unlink(missing_ok=True)
        Parts(self._folder, "", 1).clear()


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _version(conn: Connection[Any], path: Path) -> MapVersion | None:
    try:
        return resolve_version(conn, str(_number(path)))
    except NotFound:
        return None


def _row(version: MapVersion) -> dict[str, Any]:
    return {**asdict(version), "valid_from": version.valid_from.isoformat()}


def _head(version: MapVersion, scheme: Scheme) -> dict[str, Any]:
    """Return what a file says of itself, by which it fits or not."""
    told = hashlib.blake2b(repr(scheme).encode(), digest_size=12).hexdigest()
    return {"format": FORMAT, "version": _row(version), "scheme": told}


def _read(path: Path, mark: str, version: MapVersion, scheme: Scheme) -> Drawings | None:
    try:
        arrays, more = read_arrays(path)
    except OtherFormat:
        return None
    except DamagedIndexFile as error:
        log.warning("a file of drawings is damaged", extra={"file": path.name, "error": str(error)})
        return None
    except FileNotFoundError:
        return None
    if any(more.get(key) != value for key, value in _head(version, scheme).items()):
        log.info("a file of drawings is of another kind", extra={"file": path.name, "mark": mark})
        return None
    return _drawings(arrays, more["parts"], scheme)


def _parts(drawn: Drawings) -> tuple[Arrays, dict[str, Any]]:
    """Return all of a drawing as arrays, and which families it has."""
    arrays = arrays_of(drawn.panes)
    tables = (("tree", drawn.tree), ("values", drawn.values), ("labels", drawn.labels))
    for name, table in tables:
        arrays |= {f"{name}.{key}": array for key, array in table._asdict().items()}
    for depth, family in drawn.families.items():
        arrays |= {f"family.{depth}.{key}": array for key, array in family._asdict().items()}
    return arrays, {"families": list(drawn.families)}


def _drawings(arrays: Arrays, parts: Mapping[str, Any], scheme: Scheme) -> Drawings:
    return Drawings(
        scheme,
        Tree(**_group(arrays, "tree")),
        Values(**_group(arrays, "values")),
        {depth: Family(**_group(arrays, f"family.{depth}")) for depth in parts["families"]},
        panes_of(arrays),
        Labels(**_group(arrays, "labels")),
    )


def _group(arrays: Arrays, group: str) -> Arrays:
    start = f"{group}."
    return {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}
