"""A pack in the making: finished blocks of tiles in a folder beside the file that is to come.

Each block is a file that appears whole, so that work goes on after a `kill -9` where it stopped,
and blocks may be made in any order by any number of processes. The folder says what it is for; one
that is for something else is emptied.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gridgeo.errors import Conflict

Numbered = tuple[int, bytes]
"""A tile: its number in PMTiles, and its bytes."""


class Stage:
    """The folder of a pack in the making.

    Parameters
    ----------
    folder
        Where blocks are kept.
    resumed
        How many blocks were there already.
    replaced
        Whether blocks of another pack were thrown away.
    """

    def __init__(self, folder: Path, resumed: int = 0, replaced: bool = False) -> None:
        self.folder = folder
        self.resumed = resumed
        self.replaced = replaced

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, job: Mapping[str, Any]) -> Iterator["Stage"]:
        """Make or take up the folder for a job, for this process alone.

        Raises
        ------
        Conflict
            Another process is making the same file.
        """
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(
                    f"Another process is writing to {folder}; wait for it, or choose another name.",
                    key="out",
                    value=folder,
                ) from None
            yield cls._taken_up(folder, json.dumps(job, ensure_ascii=False, sort_keys=True))

    @classmethod
    def _taken_up(cls, folder: Path, job: str) -> "Stage":
        said = folder / "job.json"
        if said.is_file() and said.read_text(encoding="utf-8") == job:
            return cls(folder, resumed=sum(1 for _ in folder.glob("*.tiles")))
        old = list(folder.glob("*.tiles"))
        for path in old:
            path.unlink()
        _appear(said, job.encode())
        return cls(folder, replaced=bool(old))

    def has(self, number: int) -> bool:
        """Say whether a block is there, and whole."""
        path = self._path(number)
        try:
            with path.open("rb") as file:
                _, sizes = _index(file)
                return path.stat().st_size == file.tell() + int(sizes.sum())
        except (FileNotFoundError, ValueError):
            return False

    def put(self, number: int, tiles: Sequence[Numbered]) -> None:
        """Keep a block: its tiles ascending by number; raises `OSError` when there is no room."""
        columns = np.array(
            [[identity for identity, _ in tiles], [len(data) for _, data in tiles]], dtype="<i8"
        )
        head = np.array([len(tiles)], dtype="<i8").tobytes() + columns.tobytes()
        _appear(self._path(number), head + b"".join(data for _, data in tiles))

    def tiles(self, count: int) -> Iterator[Numbered]:
        """Yield the tiles of the blocks 0 to count - 1, one after the other, but for empty ones."""
        for number in range(count):
            with self._path(number).open("rb") as file:
                ids, sizes = _index(file)
                for identity, size in zip(ids.tolist(), sizes.tolist(), strict=True):
                    if size:
                        yield identity, file.read(size)

    def sizes(self, count: int) -> Iterator[tuple[int, int]]:
        """Yield number and size of the tiles of the blocks 0 to count - 1, empty ones too."""
        for number in range(count):
            with self._path(number).open("rb") as file:
                yield from _index(file).T.tolist()

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:07d}.tiles"


def _index(file: Any) -> Any:
    """Read numbers and sizes of the tiles of a block; raises `ValueError` if it is cut short."""
    (count,) = np.frombuffer(file.read(8), dtype="<i8", count=1).tolist()
    return np.frombuffer(file.read(16 * count), dtype="<i8", count=2 * count).reshape(2, count)


def _appear(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    draft = path.with_suffix(f".{os.getpid()}.new")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
