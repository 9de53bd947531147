"""A client of the HTTP API: `Client("http://127.0.0.1:8000").locate(113.64, 34.72)`.

Answers are the JSON of the API as dicts; what the server refuses is raised as the error of
`gridgeo.errors` that has its code.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from math import isfinite
from typing import Any, Protocol, Self
from urllib.parse import quote, urlencode, urlsplit

from gridgeo.errors import BadInput, GridgeoError, Unavailable

FULL_POINTS = 2_000
LEAN_POINTS = 50_000
"""Points in one request: whole answers, and lean ones."""

Json = dict[str, Any]


class Transport(Protocol):
    """How a request travels; tests may hand in one of their own."""

    def __call__(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """Return status and body."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


class OneConnection:
    """One connection that is kept open; not for several threads at once.

    Raises
    ------
    BadInput
        The URL is not http or https.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        kinds = {"http": HTTPConnection, "https": HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            raise BadInput(
                "Give the server as http://host:port or https://host.", key="url", value=url
            )
        self._prefix = parts.path.rstrip("/")
        self._connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout_s)
        self._where = url

    def __call__(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        """Ask; once more on a fresh connection when the server has closed the old one."""
        is_fresh = self._connection.sock is None
        try:
            return self._ask(method, target, headers, body)
        except (HTTPException, OSError) as error:
            self.close()
            if is_fresh or isinstance(error, TimeoutError):
                raise self._away(error) from error
        try:
            return self._ask(method, target, headers, body)
        except (HTTPException, OSError) as error:
            self.close()
            raise self._away(error) from error

    def _ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        self._connection.request(method, self._prefix + target, body, dict(headers))
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _away(self, error: Exception) -> Unavailable:
        said = str(error) or type(error).__name__
        return Unavailable(f"No answer from {self._where}: {said}.", key="url", value=self._where)

    def close(self) -> None:
        """Close the connection; the next request opens it again."""
        self._connection.close()


class Client:
    """Ask a gridgeo server. Use one in each thread; `with` closes it.

    Parameters
    ----------
    url
        Where the server answers, such as "http://127.0.0.1:8000".
    key
        Sent as `Authorization: Bearer <key>`; reading the map needs none.
    timeout_s
        Seconds to wait for an answer.

    Every method raises the `GridgeoError` that has the code of the server's answer (`NotFound`,
    `SwappedAxes` ...), with `detail`, `key` and `value`; `Unavailable` when nobody answers.
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout_s: float = 60.0,
        transport: Transport | None = None,
    ) -> None:  # fmt: skip
        self._transport = transport or OneConnection(url, timeout_s)
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if key is not None:
            self._headers["Authorization"] = f"Bearer {key}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def locate(self, lon: float, lat: float, **options: Any) -> Json:
        """Return where one point is and whose it is, as `GET /locate`.

        Options: `crs`, `accuracy_m`, `category`, `scheme`, `at`.
        """
        return self._get("/locate", lon=lon, lat=lat, **options)

    def locate_many(
        self, points: Iterable[Sequence[float]], *, fields: str | Sequence[str] | None = None,
        **options: Any,
    ) -> Json:  # fmt: skip
        """Return {"results", "version"} of many points, as `POST /locate`; any number of them.

        They go in several requests, all about the version of the first. A bad point is
        {"error": ...} in its row.

        Parameters
        ----------
        points
            Pairs lon, lat in order; also an array of shape (n, 2).
        fields
            For the lean form: any of code, level, name, reason.
        **options
            `crs`, `category`, `scheme`, `at`.
        """
        lean = {} if fields is None else {"fields": _words(fields)}
        pairs = (_pair(point) for point in points)
        results: list[Json] = []
        body = {**options, **lean}
        version = None
        for chunk in _chunks(pairs, LEAN_POINTS if lean else FULL_POINTS):
            answer = self._post("/locate", {**body, "points": chunk})
            results += answer["results"]
            version = answer["version"]
            body["at"] = options.get("at") or str(version)
        return {"results": results, "version": version}

    def unit(self, code: str, at: str | int | None = None) -> Json:
        """Return one unit with its shape as GeoJSON, as `GET /units/{code}`."""
        return self._get(f"/units/{quote(code, safe='')}", at=at)

    def units(self, **query: Any) -> Json:
        """Return units as GeoJSON, as `GET /units`: `level`, `parent`, `bbox`, `q`, `limit` ..."""
        return self._get("/units", **query)

    def search(self, q: str, limit: int = 10, at: str | int | None = None) -> Json:
        """Return units and places by name, pinyin, code or address, as `GET /search`."""
        return self._get("/search", q=q, limit=limit, at=at)

    def _get(self, path: str, **query: Any) -> Json:
        given = {key: _text(value) for key, value in query.items() if value is not None}
        return self._send("GET", f"{path}?{urlencode(given)}" if given else path, None)

    def _post(self, path: str, body: Json) -> Json:
        return self._send("POST", path, json.dumps(body).encode())

    def _send(self, method: str, target: str, body: bytes | None) -> Json:
        headers = self._headers if body is None else {**self._headers, **_JSON}
        status, content = self._transport(method, target, headers, body)
        try:
            answer = json.loads(content)
        except ValueError:
            raise Unavailable(
                f"{method} {target} was answered with status {status} and no JSON; is this the "
                "address of a gridgeo server?"
            ) from None
        if status >= 400:
            raise error_of(answer)
        found: Json = answer
        return found


_JSON = {"Content-Type": "application/json"}


def error_of(problem: Mapping[str, Any]) -> GridgeoError:
    """Return the error that a problem+json answer stands for, by its code."""
    code = str(problem.get("code", "error"))
    kind = {kind.code: kind for kind in _tree(GridgeoError)}.get(code, GridgeoError)
    error = kind(
        str(problem.get("detail", code)),
        key=problem.get("key"),
        value=problem.get("value"),
        problems=problem.get("problems", ()),
    )
    error.code = code
    return error


def _tree(kind: type[GridgeoError]) -> Iterator[type[GridgeoError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def _chunks(pairs: Iterable[object], size: int) -> Iterator[list[object]]:
    """Yield lists of at most `size` points; a first one in any case, for it names the version."""
    several = iter(pairs)
    yield list(islice(several, size))
    while chunk := list(islice(several, size)):
        yield chunk


def _pair(point: Iterable[Any]) -> list[Any]:
    """Return a point as JSON can hold it: NaN and the infinities, which it cannot, as null."""
    plain = [value.item() if hasattr(value, "item") else value for value in point]
    return [None if isinstance(value, float) and not isfinite(value) else value for value in plain]


def _words(fields: str | Sequence[str]) -> list[str]:
    return fields.split(",") if isinstance(fields, str) else list(fields)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
