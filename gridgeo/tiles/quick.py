"""Drawn tiles, answered before the framework's router sees the request.

A tile of the live map that is ready, or made in a moment, needs no thread and no database. All
else, and everything that is wrong, is left to the endpoint.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace

from starlette.types import Scope

from gridgeo.errors import GridgeoError
from gridgeo.tiles.cache import Tile
from gridgeo.tiles.model import TileLayer
from gridgeo.tiles.packing import coding_of
from gridgeo.tiles.sending import LIVE, Answer, Packer, answer
from gridgeo.tiles.sources import Sources

PATH = "/tiles/{layer}/{z}/{x}/{y}.mvt"

QUICK_BYTES = 32 * 1024
"""To pack more than this takes too long between two requests."""

PATHS_KEPT = 8_192

Place = tuple[tuple[TileLayer, ...], int, int, int]
"""Layers, zoom, column, row."""

_ROUTE = SimpleNamespace(path=PATH)  # by which requests are counted
_TILE = re.compile(r"/tiles/([a-z0-9_,-]{1,400})/(\d{1,2})/(\d{1,6})/(\d{1,6})\.mvt", re.ASCII)
_PACKER = Packer(None)  # a disk may make everybody wait


class QuickTiles:
    """Answers GET and HEAD of tiles that are at hand; see `http.shortcuts`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._read = lru_cache(maxsize=PATHS_KEPT)(self._read_path)

    def __call__(self, scope: Scope) -> Answer | None:
        """Return status, headers and body, None where the endpoint has to be asked."""
        if scope["query_string"] or scope["method"] not in ("GET", "HEAD"):
            return None
        place = self._read(scope["path"])
        headers = dict(scope["headers"])
        if place is None or b"authorization" in headers:
            return None
        tile = self._sources.ready(*place)
        if tile is None or (len(tile.plain) > QUICK_BYTES and not _is_packed(tile, headers)):
            return None
        scope["route"] = _ROUTE
        return answer(tile, headers, LIVE, _PACKER)

    def _read_path(self, path: str) -> Place | None:
        """Return which tile a path names; None if there is none, or if not everybody may see it."""
        found = _TILE.fullmatch(path)
        if found is None:
            return None
        z, x, y = int(found[2]), int(found[3]), int(found[4])
        try:
            chosen = self._sources.catalogue.choose(found[1])
        except GridgeoError:
            return None
        layers = chosen.at(z)
        return None if chosen.permissions or not layers or x >> z or y >> z else (layers, z, x, y)


def _is_packed(tile: Tile, asked: Mapping[bytes, bytes]) -> bool:
    return tile.ready(coding_of(asked.get(b"accept-encoding", b""))) is not None
