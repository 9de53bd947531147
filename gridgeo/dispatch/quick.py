"""The plain question about one point, answered before the framework's router sees it.

What is asked of the live map in degrees, by nobody with a key, needs some hundred microseconds of
arithmetic: no thread and no database. Everything else, and everything that is wrong, is left to
the endpoint: so there is only one place where parameters are described, checked and refused.
"""

import re
from types import SimpleNamespace

from starlette.types import Scope

from gridgeo.dispatch.answer import locate_document
from gridgeo.dispatch.batch import DEFAULT_SCHEME
from gridgeo.dispatch.deciding import Desks
from gridgeo.dispatch.reply import Answer, reply
from gridgeo.errors import GridgeoError

PATH = "/locate"

_ROUTE = SimpleNamespace(path=PATH)  # by which requests are counted
_PARAMETER = rb"(?:l(?:on|at)=-?\d{1,3}(?:\.\d{1,17})?|(?:category|scheme)=[A-Za-z0-9_.-]{1,24})"
_PLAIN = re.compile(_PARAMETER + rb"(?:&" + _PARAMETER + rb")*")


class QuickLocate:
    """Answers plain questions of `GET /locate`, and of HEAD, at once; see `http.shortcuts`."""

    def __init__(self, desks: Desks) -> None:
        self._desks = desks

    def __call__(self, scope: Scope) -> Answer | None:
        """Return status, headers and body, None where the endpoint has to be asked."""
        if scope["path"] != PATH or scope["method"] not in ("GET", "HEAD"):
            return None
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
        scope["route"] = _ROUTE
        return reply(desk, document, headers.get(b"if-none-match"))


def _asked(query: bytes) -> tuple[float, float, str | None, str] | None:
    """Return lon, lat, category and scheme if the query is plain.

    That is: known parameters, each once, nothing escaped, and the degrees plain decimals.
    """
    if _PLAIN.fullmatch(query) is None:
        return None
    parts = query.decode("ascii").split("&")
    asked = dict([part.split("=") for part in parts])
    if len(asked) != len(parts) or "lon" not in asked or "lat" not in asked:
        return None
    lon, lat = float(asked["lon"]), float(asked["lat"])
    return lon, lat, asked.get("category"), asked.get("scheme", DEFAULT_SCHEME)
