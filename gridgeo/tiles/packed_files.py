"""Packed tiles in files, shared by all workers and there again after a restart.

A file is named by the digest of the plain bytes and by the coding. So nothing in it can be stale,
and who does not have a tile cannot find what it is packed to. It begins with a digest of its own:
one that is damaged is thrown away, and packed anew. Why files: docs/decisions/0008-tile-store.md.
"""

import hashlib
import logging
import os
import threading
import time
from pathlib import Path

from gridgeo.tiles.packing import Coding

DIGEST_BYTES = 16

SHARE = 32
"""The folder is looked over when a process has written this part of the bound since it last was."""

USED_S = 3600.0
"""A file that is read is marked as used at most once in this time."""

REST_S = 60.0
"""After a failure of the disk it is left alone for so long."""

log = logging.getLogger("gridgeo")


class PackedFiles:
    """Packed tiles in a folder, of some `most_bytes`; the longest unused go first."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._written = most_bytes  # so that the first to write looks at what others have left
        self._rests_until = 0.0

    def get(self, mark: str, coding: Coding) -> bytes | None:
        """Return the packed bytes of a tile, None if they are not there; never raises."""
        if self._rests():
            return None
        path = self._path(mark, coding)
        try:
            with path.open("rb", buffering=0) as file:
                held = file.read()
                self._touch(file.fileno())
        except FileNotFoundError:
            return None
        except OSError as error:
            self._rest(error)
            return None
        body = held[DIGEST_BYTES:]
        if _digest(body) == held[:DIGEST_BYTES]:
            return body
        log.warning("a packed tile was damaged and is made anew", extra={"file": path.name})
        return None

    def put(self, mark: str, coding: Coding, body: bytes) -> None:
        """Keep packed bytes; never raises: without them the next one packs again."""
        if self._rests():
            return
        path = self._path(mark, coding)
        part = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(_digest(body) + body)
            part.replace(path)
            self._count(DIGEST_BYTES + len(body))
        except OSError as error:
            self._rest(error)

    def _path(self, mark: str, coding: Coding) -> Path:
        return self._folder / mark[:2] / f"{mark[2:]}.{coding}"

    def _touch(self, number: int) -> None:
        if time.time() - os.fstat(number).st_mtime > USED_S:
            os.utime(number)

    def _rests(self) -> bool:
        return time.monotonic() < self._rests_until

    def _rest(self, error: OSError) -> None:
        self._rests_until = time.monotonic() + REST_S
        log.warning(
            "packed tiles cannot be kept for now; they are packed anew", extra={"error": str(error)}
        )

    def _count(self, size: int) -> None:
        with self._lock:
            self._written += size
            is_due = self._written > self._most_bytes // SHARE
            if is_due:
                self._written = 0
        if is_due:
            self._clear()

    def _clear(self) -> None:
        """Remove the longest unused files until a part of the bound is free again."""
        found = sorted(_files(self._folder))
        excess = sum(size for _, size, _ in found) - self._most_bytes
        free = self._most_bytes // SHARE if excess > 0 else 0
        for _, size, path in found:
            if excess + free <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= size


def _files(folder: Path) -> list[tuple[float, int, Path]]:
    """Return last use, size and path of all files in the folders of a folder."""
    found: list[tuple[float, int, Path]] = []
    for below in (one for one in folder.iterdir() if one.is_dir()):
        with os.scandir(below) as entries:
            found += [one for entry in entries if (one := _standing(entry)) is not None]
    return found


def _standing(entry: "os.DirEntry[str]") -> tuple[float, int, Path] | None:
    try:
        found = entry.stat()
    except FileNotFoundError:  # another worker has just removed it
        return None
    return found.st_mtime, found.st_size, Path(entry.path)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES).digest()
