"""Whether the process lives, whether it can answer, and its metrics."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gridgeo.db.connect import read_transaction
from gridgeo.errors import Unavailable
from gridgeo.http.observe import IndexMetrics, metrics_page
from gridgeo.locate.store import head_and_delay

router = APIRouter(tags=["operation"])


class Live(BaseModel):
    """The process lives."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """The process answers by `version`; `stale` while the newest map is another, since so long.

    `tiles` says whether the live map is drawn, or each of its tiles still asks the database.
    """

    status: Literal["ready"] = "ready"
    version: int
    head: int
    stale: bool
    seconds_behind: float
    tiles: Literal["drawn", "from_database"]


@router.get("/health/live")
async def live() -> Live:
    """Say that the process lives; asks nothing of the database."""
    return Live()


@router.get("/health/ready")
def ready(request: Request) -> Ready:
    """Say whether the database is there and this process answers; 503 with the reason if not.

    While an old map version answers on, that is no reason: see `stale` and `seconds_behind`.
    """
    standing = request.app.state.live.standing
    with read_transaction(request.app.state.read_pool) as conn:
        head, behind_s = head_and_delay(conn, standing.version)
    if head is None:
        raise Unavailable("No map has been published yet; run `gridgeo up` to create the city.")
    if standing.version is None:
        raise Unavailable("The map is being read; ask again in some seconds.")
    return Ready(
        version=standing.version,
        head=head,
        stale=head != standing.version,
        seconds_behind=round(behind_s, 3),
        tiles="drawn" if request.app.state.tiles.current() else "from_database",
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request) -> Response:
    """Return Prometheus metrics of all workers."""
    IndexMetrics().stands(request.app.state.live.standing)
    body, media_type = metrics_page()
    return Response(body, media_type=media_type)
