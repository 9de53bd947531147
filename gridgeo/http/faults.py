"""Every error becomes one kind of answer: problem+json (RFC 9457) with a stable `code`."""

import logging
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolClosed, PoolTimeout
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from gridgeo.errors import GridgeoError, Unavailable, status_of
from gridgeo.geometry.errors import EditRefused, GeometryError
from gridgeo.units.model import as_problem_rows

log = logging.getLogger("gridgeo")


class ProblemAnswer(BaseModel):
    """An error: `code` for programs, `detail` for people, the input to blame as `key`, `value`."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    key: str | None
    value: str | None
    problems: list[dict[str, Any]] = []


def answer(
    status: int,
    code: str,
    detail: str,
    key: str | None = None,
    value: object = None,
    problems: tuple[dict[str, Any], ...] = (),
) -> JSONResponse:
    """Return a problem+json answer."""
    body = ProblemAnswer(
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=_readable(detail),
        key=None if key is None else _readable(key),
        value=None if value is None else _readable(str(value)[:200]),
        problems=list(problems),
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(
        body.model_dump(), status, headers=headers, media_type="application/problem+json"
    )


def _readable(text: str) -> str:
    """Return text that UTF-8 can carry: a lone surrogate, which JSON allows, is written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def on_gridgeo(request: Request, error: Exception) -> JSONResponse:
    """Answer one of our own errors by the status table."""
    assert isinstance(error, GridgeoError)
    response = answer(
        status_of(error), error.code, error.detail, error.key, error.value, error.problems
    )
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def on_geometry(request: Request, error: Exception) -> JSONResponse:
    """Answer what geometry refuses: 422 with the place for an edit, else 400."""
    assert isinstance(error, GeometryError)
    if isinstance(error, EditRefused):
        place = {
            "kind": error.kind,
            "codes": list(error.codes),
            "lon": error.lon,
            "lat": error.lat,
            "message": error.message,
        }
        places = as_problem_rows(error.problems[:100]) or [place]
        return answer(422, "edit_refused", error.message, error.key, error.value, tuple(places))
    return answer(400, error.kind, error.message, error.key, error.value)


def on_validation(request: Request, error: Exception) -> JSONResponse:
    """Answer a request that does not fit the API description, naming the first key and value."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        said = f"The body is no JSON: {first['ctx']['error']} at character {first['loc'][1]}."
        return answer(400, "invalid_input", said, "body")
    key = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    value = first.get("input")
    shown = None if isinstance(value, dict | list) else value
    return answer(400, "invalid_input", f"{key}: {first['msg']}.", key, shown)


def on_http(request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework itself refuses: no such path, wrong method, an unreadable body."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    said = error.detail or phrase
    detail = f"{said}: {request.method} {request.url.path}. See /docs for what there is."
    response = answer(error.status_code, code, detail)
    response.headers.update(error.headers or {})
    return response


def on_database(request: Request, error: Exception) -> JSONResponse:
    """Answer a database that is away, busy or slow; the log has the cause."""
    if isinstance(error, psycopg.errors.QueryCanceled):
        return answer(503, "timeout", "The question took too long; ask for less at once.")
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return answer(503, "busy", "The map is being published just now; try again in a moment.")
    if isinstance(error, psycopg.OperationalError | PoolTimeout | PoolClosed):
        log.warning("database is away", extra={"error": str(error)})
        return answer(503, "unavailable", "The database is away; `gridgeo doctor` says why.")
    if isinstance(error, psycopg.DataError):
        said = str(error).splitlines()[0]
        return answer(400, "invalid_input", f"A value does not fit the database: {said}.")
    return on_fault(request, error)


def on_fault(request: Request, error: Exception) -> JSONResponse:
    """Answer a fault of ours; the log has the trace under the request id."""
    log.error("fault", exc_info=error)
    return answer(500, "fault", "A fault of the server; the log has it under this X-Request-Id.")


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"model": ProblemAnswer, "description": "An error, as application/problem+json."}
}
"""What every endpoint says of its errors in the API description."""


def describe(document: dict[str, Any]) -> None:
    """Let an API description name the media type that errors really have.

    FastAPI describes every response with the media type of the endpoint's answer.
    """
    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation["responses"]["default"]["content"]
            operation["responses"]["default"]["content"] = {
                "application/problem+json": next(iter(content.values()))
            }
            operation["responses"].pop("422", None)


def install(app: FastAPI) -> None:
    """Hang the handlers into an app."""
    app.add_exception_handler(GridgeoError, on_gridgeo)
    app.add_exception_handler(GeometryError, on_geometry)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(psycopg.Error, on_database)
    app.add_exception_handler(PoolTimeout, on_database)
    app.add_exception_handler(Exception, on_fault)
