"""Tiles ready to be sent, as many as a bound allows, the latest used the last to go."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from gridgeo.tiles.packing import SMALL, Coding, packed

MOST_BYTES = 64 * 1024 * 1024
"""How many bytes of tiles a worker keeps."""

MOST_JOINED_BYTES = 32 * 1024 * 1024
"""How many bytes of tiles put together of several layers it keeps besides."""

Key = tuple[str, int, int, int]


class Tile:
    """A tile as it is sent: its bytes, its ETag as `tag`, its packed bytes once they are known."""

    def __init__(self, plain: bytes) -> None:
        self.plain = plain
        self.mark = hashlib.sha256(plain, usedforsecurity=False).hexdigest()[:24]
        self.tag = f'W/"{self.mark}"'.encode()  # weak: one for all codings
        self._packed: dict[Coding, bytes] = {}

    def ready(self, coding: Coding | None) -> bytes | None:
        """Return the body for a coding; None if it has to be packed first."""
        if coding is None or len(self.plain) < SMALL:
            return self.plain
        return self._packed.get(coding)

    def packed(self, coding: Coding) -> bytes:
        """Return the body for a coding, packed when it is asked for the first time.

        It is the plain one when it is too small to be worth packing.
        """
        found = self.ready(coding)
        return self.keep(coding, packed(self.plain, coding)) if found is None else found

    def keep(self, coding: Coding, body: bytes) -> bytes:
        """Take a packed body that is known from elsewhere, and return it."""
        self._packed[coding] = body
        return body

    @property
    def is_small(self) -> bool:
        """Whether it is sent as it is to everybody."""
        return len(self.plain) < SMALL


class TileCache:
    """Tiles by layer, zoom, column and row; safe to share between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._tiles: OrderedDict[Key, Tile] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> Tile | None:
        """Return a tile if it is there."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: Key, tile: Tile) -> None:
        """Keep a tile, and let the longest unused go if there are too many bytes."""
        with self._lock:
            self._drop(key)
            self._tiles[key] = tile
            self._bytes += _size(tile)
            while self._bytes > self._most_bytes and len(self._tiles) > 1:
                self._drop(next(iter(self._tiles)))

    def without(self, is_dirty: Callable[[Key], bool]) -> "TileCache":
        """Return a cache of the tiles that are not dirty."""
        other = TileCache(self._most_bytes)
        with self._lock:
            held = list(self._tiles.items())
        for key, tile in held:
            if not is_dirty(key):
                other.put(key, tile)
        return other

    def _drop(self, key: Key) -> None:
        tile = self._tiles.pop(key, None)
        if tile is not None:
            self._bytes -= _size(tile)


class JoinedTiles:
    """Tiles of several layers put together of those of each; good as long as these are the same."""

    def __init__(self, most_bytes: int = MOST_JOINED_BYTES) -> None:
        self._tiles = TileCache(most_bytes)

    def of(self, key: Key, parts: Sequence[Tile]) -> Tile:
        """Return the tile that holds the layers of others, in their order."""
        if len(parts) == 1:
            return parts[0]
        marks = tuple(part.mark for part in parts)
        found = self._tiles.get(key)
        if not isinstance(found, _Joined) or found.marks != marks:
            found = _Joined(b"".join(part.plain for part in parts), marks)
            self._tiles.put(key, found)
        return found


class _Joined(Tile):
    """A tile that knows of which it was made."""

    def __init__(self, plain: bytes, marks: tuple[str, ...]) -> None:
        super().__init__(plain)
        self.marks = marks


def _size(tile: Tile) -> int:
    return len(tile.plain) * 2  # packed by both codings it takes less than once more
