"""Search: units, exclusive grids and places by name, pinyin, code or address."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from gridgeo.db.requests import Reading
from gridgeo.errors import BadInput
from gridgeo.places import store
from gridgeo.units.api import At
from gridgeo.units.store import resolve_version

router = APIRouter(tags=["map"])


class Found(BaseModel):
    """One hit; `lon`, `lat` is a point inside it."""

    kind: str
    code: str | None
    name: str
    level: str | None
    detail: str
    lon: float
    lat: float
    bbox: list[float] | None


class SearchAnswer(BaseModel):
    """Hits, best first: exact beginnings before the rest, larger units before smaller."""

    version: int
    results: list[Found]


@router.get("/search")
def search(
    conn: Reading,
    q: Annotated[str, Query(min_length=1, max_length=80, description="A name, pinyin or code.")],
    at: At = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SearchAnswer:
    """Find units, exclusive grids and places."""
    text = q.strip()
    if not text or "\x00" in text:
        raise BadInput("q must hold something to look for.", key="q", value=q)
    version = resolve_version(conn, at)
    rows = store.search(conn, version.version, text, limit)
    return SearchAnswer(version=version.version, results=[Found(**row) for row in rows])
