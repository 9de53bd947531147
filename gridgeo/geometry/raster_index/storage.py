"""One file that holds named arrays, read by mapping it into memory.

A line of JSON says where each array begins, and a checksum before it covers all that follows, so a
file that is cut short, written half or worn is refused and never answers. Readers share the pages.
A reader may write into its arrays: the change is its own and never reaches the file.
"""

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any, BinaryIO, Protocol, Self
from uuid import uuid4

import numpy as np
import xxhash
from numpy.typing import NDArray

from gridgeo.geometry.errors import GeometryError

_FAMILY = "gridgeo arrays "
FORMAT = f"{_FAMILY}3"
_HEAD = 8192
_SUM = 16  # bytes: the checksum, XXH3 of 64 bits, in hexadecimal
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
    """A file that is no index, or not whole."""

    kind = "damaged_index_file"


class OtherFormat(DamagedIndexFile):
    """A file that another edition of this program wrote: there is nothing wrong with it."""


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
    head = json.dumps({"format": FORMAT, "arrays": places, "more": more}).encode()
    if len(head) > _HEAD - _SUM:
        raise ValueError(f"a head of {len(head)} bytes does not fit into {_HEAD - _SUM}")
    total = xxhash.xxh3_64()
    file.seek(_SUM)
    for part in chain([head.ljust(_HEAD - _SUM)], map(_padded, arrays.values())):
        file.write(part)
        total.update(part)
    file.seek(0)
    file.write(total.hexdigest().encode())


def _padded(array: NDArray[Any]) -> bytes:
    data = array.tobytes()
    return data.ljust(-(-len(data) // _ALIGNED) * _ALIGNED, b"\0")


def read_arrays(path: FilePath) -> tuple[dict[str, NDArray[Any]], Any]:
    """Map the arrays of a file, and read its JSON value.

    Raises
    ------
    OtherFormat
        When another edition of this program wrote it.
    DamagedIndexFile
        When the file is no index, or not whole.
    FileNotFoundError
        When there is none.
    """
    with open(path, "rb") as file:
        first = file.read(_HEAD)
    if len(first) < _HEAD:
        raise DamagedIndexFile(f"{path.name} is cut short", key="path", value=path.name)
    if FORMAT.encode() not in first:
        kind = OtherFormat if _FAMILY.encode() in first else DamagedIndexFile
        raise kind(f"{path.name} is of another format", key="path", value=path.name)
    whole = np.memmap(path, dtype=np.uint8, mode="c")
    if first[:_SUM] != xxhash.xxh3_64_hexdigest(whole[_SUM:].data).encode():
        raise DamagedIndexFile(f"{path.name} is not as written", key="path", value=path.name)
    head = json.loads(first[_SUM:])
    return {
        name: np.ndarray(tuple(shape), np.dtype(kind), buffer=whole, offset=place)
        for name, (kind, shape, place) in head["arrays"].items()
    }, head["more"]
