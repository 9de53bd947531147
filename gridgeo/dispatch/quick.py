"""The plain question about one point, answered before the framework's router sees it.

What is asked of the live map in degrees, by nobody with a key, needs some hundred microseconds of
arithmetic: no thread and no database. Everything else, and everything that is wrong, is left to
the endpoint: so there is only one place where parameters are described, checked and refused.
"""

import re
from collections.abc import Sequence
from types import SimpleNamespace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridgeo.dispatch.answer import locate_document
from gridgeo.dispatch.batch import DEFAULT_SCHEME
from gridgeo.dispatch.deciding import Desks
from gridgeo.dispatch.reply import reply
from gridgeo.errors import GridgeoError

PATH = "/locate"

_ROUTE = SimpleNamespace(path=PATH)  # by which requests are counted
_DEGREES = re.compile(r"-?\d{1,3}(?:\.\d{1,17})?", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,24}", re.ASCII)
_PLAIN = frozenset({"lon", "lat", "category", "scheme"})


class QuickLocate:
    """ASGI middleware: answer plain questions of `GET /locate` at once; HEAD is as GET."""

    def __init__(self, app: ASGIApp, desks: Desks) -> None:
        self.app = app
        self._desks = desks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        messages = self._answer(scope) if method in ("GET", "HEAD") else None
        if messages is not None:
            scope["route"] = _ROUTE
            for message in messages:
                await send(message)
        elif method == "HEAD":
            scope["route"] = _ROUTE
            await self.app({**scope, "method": "GET"}, receive, send)
        else:
            await self.app(scope, receive, send)

    def _answer(self, scope: Scope) -> Sequence[Message] | None:
        headers = dict(scope["headers"])
        asked = _asked(scope["query_string"])
        if asked is None or b"authorization" in headers:
            return None
        lon, lat, category, scheme = asked
        desk = self._desks.at_hand(category, scheme)
        if desk is None:
            return None
        try:
            document = locate_document(*desk.decide(lon, lat, 0.0, category, scheme))
        except GridgeoError:
            return None
        return reply(desk, document, headers.get(b"if-none-match"))


def _asked(query: bytes) -> tuple[float, float, str | None, str] | None:
    """Return lon, lat, category and scheme if the query is plain.

    That is: known parameters, each once, nothing escaped, and the degrees plain decimals.
    """
    pairs = [part.split("=") for part in query.decode("latin-1").split("&")]
    if not all(len(pair) == 2 and pair[0] in _PLAIN for pair in pairs):
        return None
    asked = dict(pairs)
    lon, lat = asked.get("lon", ""), asked.get("lat", "")
    plain = _DEGREES.fullmatch(lon) and _DEGREES.fullmatch(lat)
    words = [value for key, value in pairs if key in ("category", "scheme")]
    if len(asked) != len(pairs) or not plain or not all(_WORD.fullmatch(word) for word in words):
        return None
    return float(lon), float(lat), asked.get("category"), asked.get("scheme", DEFAULT_SCHEME)
