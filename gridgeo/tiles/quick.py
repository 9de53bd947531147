"""Drawn tiles, answered before the framework's router sees the request.

A tile of the live map that is ready, or made in a moment, needs no thread and no database. All
else, and everything that is wrong, is left to the endpoint.
"""

import re
from collections.abc import Callable, Mapping
from types import SimpleNamespace

from starlette.types import Message, Scope

from gridgeo.tiles.cache import Tile
from gridgeo.tiles.shelf import Shelf

MVT = b"application/vnd.mapbox-vector-tile"
PATH = "/tiles/{layer}/{z}/{x}/{y}.mvt"
LIVE_HEADERS = {"cache-control": "public, no-cache", "vary": "Authorization, Accept-Encoding"}

QUICK_BYTES = 32 * 1024
"""To pack more than this takes too long between two requests."""

_ROUTE = SimpleNamespace(path=PATH)  # by which requests are counted
_TILE = re.compile(r"/tiles/([a-z0-9_-]{1,64})/(\d{1,2})/(\d{1,6})/(\d{1,6})\.mvt", re.ASCII)
_HEADERS = [(name.encode(), value.encode()) for name, value in LIVE_HEADERS.items()]


class QuickTiles:
    """Answers GET and HEAD of tiles that are at hand; see `http.shortcuts`."""

    def __init__(self, current: Callable[[], Shelf | None]) -> None:
        self._current = current

    def __call__(self, scope: Scope) -> tuple[Message, Message] | None:
        """Return start and body of the answer, None where the endpoint has to be asked."""
        if scope["query_string"] or scope["method"] not in ("GET", "HEAD"):
            return None
        found = _TILE.fullmatch(scope["path"])
        shelf = self._current()
        headers = dict(scope["headers"])
        if found is None or shelf is None or b"authorization" in headers:
            return None
        layer, z, x, y = found[1], int(found[2]), int(found[3]), int(found[4])
        if not shelf.shows(layer, z) or x >> z or y >> z:
            return None
        tile = shelf.ready(layer, z, x, y)
        packs = b"gzip" in headers.get(b"accept-encoding", b"")
        if tile is None or (packs and not tile.is_packed and len(tile.plain) > QUICK_BYTES):
            return None
        scope["route"] = _ROUTE
        return _messages(tile, headers)


def _messages(tile: Tile, asked: Mapping[bytes, bytes]) -> tuple[Message, Message]:
    etag = tile.etag.encode()
    headers = [(b"etag", etag), *_HEADERS]
    if etag in asked.get(b"if-none-match", b""):
        return _start(304, headers), {"type": "http.response.body", "body": b""}
    if not tile.plain:
        return _start(204, headers), {"type": "http.response.body", "body": b""}
    body = tile.plain
    if tile.gzip and b"gzip" in asked.get(b"accept-encoding", b""):
        body = tile.gzip
        headers.append((b"content-encoding", b"gzip"))
    headers += [(b"content-type", MVT), (b"content-length", b"%d" % len(body))]
    return _start(200, headers), {"type": "http.response.body", "body": body}


def _start(status: int, headers: list[tuple[bytes, bytes]]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}
