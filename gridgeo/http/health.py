"""Whether the process lives, whether it can answer, and its metrics."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gridgeo.db.connect import read_transaction
from gridgeo.errors import Unavailable
from gridgeo.http.observe import metrics_page
from gridgeo.units.store import head_version

router = APIRouter(tags=["operation"])


class Live(BaseModel):
    """The process lives."""

    status: Literal["live"] = "live"


class Ready(BaseModel):
    """The process answers by this map version."""

    status: Literal["ready"] = "ready"
    version: int


@router.get("/health/live")
async def live() -> Live:
    """Say that the process lives; asks nothing of the database."""
    return Live()


@router.get("/health/ready")
def ready(request: Request) -> Ready:
    """Say whether the database is there and a map is published; 503 with the reason if not."""
    with read_transaction(request.app.state.read_pool) as conn:
        head = head_version(conn)
    if head is None:
        raise Unavailable("No map has been published yet; run `gridgeo up` to create the city.")
    return Ready(version=head.version)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics() -> Response:
    """Return Prometheus metrics of all workers."""
    body, media_type = metrics_page()
    return Response(body, media_type=media_type)
