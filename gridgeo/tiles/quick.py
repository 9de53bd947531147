"""Drawn tiles, answered before the framework's router sees the request.

A tile of the live map that is ready, or made in a moment, needs no thread and no database. All
else, and everything that is wrong, is left to the endpoint.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace

from starlette.types import Message, Scope

from gridgeo.errors import GridgeoError
from gridgeo.tiles.cache import Tile
from gridgeo.tiles.model import TileLayer
from gridgeo.tiles.packing import coding_of
from gridgeo.tiles.sending import LIVE, Packer, answer
from gridgeo.tiles.sources import Sources

PATH = "/tiles/{layer}/{z}/{x}/{y}.mvt"

QUICK_BYTES = 32 * 1024
"""To pack more than this takes too long between two requests."""

_ROUTE = SimpleNamespace(path=PATH)  # by which requests are counted
_TILE = re.compile(r"/tiles/([a-z0-9_,-]{1,400})/(\d{1,2})/(\d{1,6})/(\d{1,6})\.mvt", re.ASCII)
_PACKER = Packer(None)  # a disk may make everybody wait


class QuickTiles:
    """Answers GET and HEAD of tiles that are at hand; see `http.shortcuts`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._open = lru_cache(maxsize=1024)(self._open_layers)

    def __call__(self, scope: Scope) -> tuple[Message, Message] | None:
        """Return start and body of the answer, None where the endpoint has to be asked."""
        if scope["query_string"] or scope["method"] not in ("GET", "HEAD"):
            return None
        found = _TILE.fullmatch(scope["path"])
        headers = dict(scope["headers"])
        if found is None or b"authorization" in headers:
            return None
        z, x, y = int(found[2]), int(found[3]), int(found[4])
        layers = self._open(found[1], z)
        tile = self._sources.ready(layers, z, x, y) if layers and not (x >> z or y >> z) else None
        if tile is None or (len(tile.plain) > QUICK_BYTES and not _is_packed(tile, headers)):
            return None
        scope["route"] = _ROUTE
        made = answer(tile, headers, LIVE, _PACKER)
        start = {"type": "http.response.start", "status": made.status, "headers": made.headers}
        return start, {"type": "http.response.body", "body": made.body}

    def _open_layers(self, names: str, z: int) -> tuple[TileLayer, ...]:
        """Return the layers that a name stands for at a zoom; none if somebody may not see them."""
        try:
            chosen = self._sources.catalogue.choose(names)
        except GridgeoError:
            return ()
        return () if chosen.permissions else chosen.at(z)


def _is_packed(tile: Tile, asked: Mapping[bytes, bytes]) -> bool:
    return tile.ready(coding_of(asked.get(b"accept-encoding", b""))) is not None
