"""A tile as an answer: packed as asked, with its ETag, or 304, or 204."""

from collections.abc import Mapping
from typing import NamedTuple

from gridgeo.tiles.cache import Tile
from gridgeo.tiles.packed_files import PackedFiles
from gridgeo.tiles.packing import Coding, coding_of

Header = tuple[bytes, bytes]

MVT = "application/vnd.mapbox-vector-tile"
LIVE: Header = (b"cache-control", b"public, no-cache")
PINNED: Header = (b"cache-control", b"public, max-age=31536000, immutable")
PRIVATE: Header = (b"cache-control", b"private, no-cache")

_VARY: Header = (b"vary", b"Authorization, Accept-Encoding")
_TYPE: Header = (b"content-type", MVT.encode())
_CODING: Mapping[Coding, Header] = {
    "br": (b"content-encoding", b"br"),
    "gzip": (b"content-encoding", b"gzip"),
}


class Answer(NamedTuple):
    """Status, headers and body of an answer."""

    status: int
    headers: list[Header]
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


def answer(
    tile: Tile, asked: Mapping[bytes, bytes], cache_control: Header, packer: Packer
) -> Answer:
    """Return the answer to a request with these headers, names in lower case."""
    headers = [(b"etag", tile.tag), cache_control, _VARY]
    known = asked.get(b"if-none-match", b"")
    if tile.tag.removeprefix(b"W/") in known or known == b"*":
        return Answer(304, headers, b"")
    if not tile.plain:
        return Answer(204, headers, b"")
    coding = coding_of(asked.get(b"accept-encoding", b""))
    body = packer.body(tile, coding, private=cache_control is PRIVATE)
    if coding is not None and not tile.is_small:
        headers.append(_CODING[coding])
    headers += [_TYPE, (b"content-length", b"%d" % len(body))]
    return Answer(200, headers, body)
