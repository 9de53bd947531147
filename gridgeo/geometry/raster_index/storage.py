"""One file that holds named arrays, read by mapping it into memory.

A line of JSON says where each array begins; readers share the pages. A reader may write into its
arrays: the change is its own and never reaches the file.
"""

import json
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol, Self
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.errors import GeometryError

_MAGIC = "gridgeo point index 1"
_HEAD = 4096
_ALIGNED = 64


class FilePath(Protocol):
    """What is used of a `pathlib.Path`."""

    @property
    def name(self) -> str:
        """Last part of the path."""

    def __fspath__(self) -> str:
        """Return the path as text."""

    def with_name(self, name: str) -> Self:
        """Return the path of another file beside it."""

    def replace(self, target: Any) -> Any:
        """Rename the file over another."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file."""


class DamagedIndexFile(GeometryError):
    """A file that is no index, of another format, or not whole."""

    kind = "damaged_index_file"


def write_arrays(path: FilePath, arrays: Mapping[str, NDArray[Any]], more: object) -> None:
    """Write arrays and a JSON value; the file appears under its name only when it is whole."""
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    try:
        with open(part, "wb") as file:
            _write(file, arrays, more)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]], more: object) -> None:
    places, end = {}, _HEAD
    for name, array in arrays.items():
        places[name] = (array.dtype.str, array.shape, end)
        end += -(-array.nbytes // _ALIGNED) * _ALIGNED
    head = json.dumps({"format": _MAGIC, "bytes": end, "arrays": places, "more": more})
    file.write(head.encode().ljust(_HEAD))
    for name, array in arrays.items():
        file.seek(places[name][2])
        file.write(np.ascontiguousarray(array).data)
    file.truncate(end)


def read_arrays(path: FilePath) -> tuple[dict[str, NDArray[Any]], Any]:
    """Map the arrays of a file, and read its JSON value.

    Raises
    ------
    DamagedIndexFile
        When the file is no index, of another format, or not whole.
    FileNotFoundError
        When there is none.
    """
    with open(path, "rb") as file:
        head = _head(file.read(_HEAD))
        size = file.seek(0, 2)
    if head.get("format") != _MAGIC or head["bytes"] != size:
        raise DamagedIndexFile(f"{path.name} is no whole index file", key="path", value=path.name)
    whole = np.memmap(path, dtype=np.uint8, mode="c")
    return {
        name: np.ndarray(tuple(shape), np.dtype(kind), buffer=whole, offset=place)
        for name, (kind, shape, place) in head["arrays"].items()
    }, head["more"]


def _head(text: bytes) -> dict[str, Any]:
    try:
        head = json.loads(text)
    except ValueError:
        return {}
    return head if isinstance(head, dict) else {}
