"""A tile as an answer: packed as asked, with its ETag, or 304, or 204."""

from collections.abc import Mapping
from typing import NamedTuple

from gridgeo.tiles.cache import Tile
from gridgeo.tiles.packed_files import PackedFiles
from gridgeo.tiles.packing import Coding, coding_of

MVT = "application/vnd.mapbox-vector-tile"
VARY = "Authorization, Accept-Encoding"
LIVE = "public, no-cache"
PINNED = "public, max-age=31536000, immutable"
PRIVATE = "private, no-cache"


class Answer(NamedTuple):
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Packer:
    """Packs tiles, and has all workers profit from it where there are files for that."""

    def __init__(self, files: PackedFiles | None) -> None:
        self._files = files

    def body(self, tile: Tile, coding: Coding | None, *, private: bool) -> bytes:
        """Return the body of a tile for a coding; that of a private one is never written down."""
        found = tile.ready(coding)
        if found is not None or coding is None:
            return tile.plain if found is None else found
        if private or self._files is None:
            return tile.packed(coding)
        kept = self._files.get(tile.mark, coding)
        if kept is not None:
            return tile.keep(coding, kept)
        made = tile.packed(coding)
        self._files.put(tile.mark, coding, made)
        return made


def answer(tile: Tile, asked: Mapping[bytes, bytes], cache_control: str, packer: Packer) -> Answer:
    """Return the answer to a request with these headers, names in lower case."""
    headers = {"etag": tile.etag, "cache-control": cache_control, "vary": VARY}
    known = asked.get(b"if-none-match", b"")
    if tile.etag.encode() in known or known == b"*":
        return Answer(304, headers, b"")
    if not tile.plain:
        return Answer(204, headers, b"")
    coding = coding_of(asked.get(b"accept-encoding", b""))
    body = packer.body(tile, coding, private=cache_control == PRIVATE)
    if coding is not None and not tile.is_small:
        headers["content-encoding"] = coding
    return Answer(200, {**headers, "content-type": MVT}, body)
