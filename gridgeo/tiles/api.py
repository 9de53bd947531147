"""Tiles and TileJSON of the one grid map."""

from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from gridgeo.access.api import CallerDep
from gridgeo.db.requests import Reading
from gridgeo.errors import BadInput
from gridgeo.plans.api import Memory
from gridgeo.plans.store import get_plan
from gridgeo.tiles import store
from gridgeo.tiles.drawn.values import TOKEN_FIELD
from gridgeo.tiles.model import Planned, TileLayer, attribution, center
from gridgeo.tiles.sending import LIVE, MVT, PINNED, PRIVATE, answer
from gridgeo.tiles.sources import Sources
from gridgeo.units.api import At
from gridgeo.units.model import MapVersion
from gridgeo.units.store import is_version_number, read_profile, resolve_version

router = APIRouter(tags=["tiles"])

PlanNumber = Annotated[
    int | None,
    Query(ge=1, le=2**31 - 1, description="The map as this plan would make it; needs a key."),
]
Datum = Annotated[
    Literal["gcj02", "bd09"] | None,
    Query(description="Datum of all vertices, for base maps of Chinese services; WGS 84 without."),
]
TileNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Scene(NamedTuple):
    """Which map is asked for; a plan's stands on the version that it was drawn on."""

    version: MapVersion
    at: str | None
    datum: str | None
    plan: Planned | None

    @property
    def is_live(self) -> bool:
        """Whether it is the live map."""
        return self.at is None and self.plan is None

    @property
    def query(self) -> str:
        """What has to stand in the URL of a tile; an instant is a version by now."""
        said = {
            "at": None if self.at is None else self.version.version,
            "plan": None if self.plan is None else self.plan.plan_id,
            "datum": self.datum,
        }
        query = urlencode({key: value for key, value in said.items() if value is not None})
        return f"?{query}" if query else ""


def _scene(
    conn: Reading,
    request: Request,
    caller: CallerDep,
    replays: Memory,
    at: At = None,
    plan: PlanNumber = None,
    datum: Datum = None,
) -> Scene:
    """Return which map is asked for; only who may plan sees the map of a plan."""
    if plan is None:
        return Scene(resolve_version(conn, at), at, datum, None)
    caller.require("plan")
    if at is not None:
        raise BadInput(
            "A plan shows the version that it was drawn on; ask for `plan` or `at`, not for both.",
            key="at",
            value=at,
        )
    sources: Sources = request.app.state.tile_sources
    found = sources.planned.planned(conn, get_plan(conn, plan), replays)
    return Scene(resolve_version(conn, str(found.version)), at, datum, found)


Asked = Annotated[Scene, Depends(_scene, scope="function")]


class VectorLayer(BaseModel):
    """A layer inside a tile, as TileJSON describes it.

    Of a field that is a class from 1 on, `breaks` tells where its classes begin from 2 on.
    """

    id: str
    description: str
    minzoom: int
    maxzoom: int
    fields: dict[str, str]
    breaks: dict[str, list[int]]


class TileJson(BaseModel):
    """TileJSON 3.0.0; `map_version` is the version that the tiles show.

    `review_number` is the number under which the map was approved for the public (审图号).
    """

    tilejson: str = "3.0.0"
    name: str
    tiles: list[str]
    minzoom: int
    maxzoom: int
    bounds: list[float]
    center: list[float]
    attribution: str
    review_number: str | None
    map_version: int
    vector_layers: list[VectorLayer]


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}.mvt",
    response_class=Response,
    responses={
        200: {"content": {MVT: {}}, "description": "A Mapbox Vector Tile 2.1."},
        204: {"description": "Nothing lies in this tile."},
        304: {"description": "The tile has not changed since the ETag sent."},
    },
)
def tile(
    conn: Reading,
    request: Request,
    caller: CallerDep,
    asked: Asked,
    layer: str,
    z: TileNumber,
    x: TileNumber,
    y: TileNumber,
) -> Response:
    """Return one tile of one layer, of several separated by commas, or of a set of them."""
    sources: Sources = request.app.state.tile_sources
    chosen = sources.catalogue.choose(layer)
    for permission in chosen.permissions:
        caller.require(permission)
    version = asked.version.version
    wanted = sources.catalogue.request(layer, z, x, y, version, asked.datum, asked.plan)
    found = sources.tile(conn, wanted, is_live=asked.is_live)
    kept = LIVE
    if chosen.permissions or asked.plan is not None:
        kept = PRIVATE
    elif is_version_number(asked.at) and wanted.has_versions:
        kept = PINNED
    made = answer(found, dict(request.scope["headers"]), kept, request.app.state.packer)
    response = Response(made.body, made.status)
    response.raw_headers = made.headers
    return response


@router.get("/tiles/{layer}.json")
def tilejson(conn: Reading, request: Request, asked: Asked, layer: str) -> TileJson:
    """Describe a layer, several separated by commas, or a set of them as TileJSON 3.0.0."""
    sources: Sources = request.app.state.tile_sources
    chosen = sources.catalogue.choose(layer)
    base, profile = str(request.base_url).rstrip("/"), read_profile(conn).document
    number = profile.get("review_number")
    bounds = store.bounds(conn, asked.version.version, asked.datum)
    shelf = sources.drawn(asked.datum) if asked.at is None else None
    drawn = frozenset[str]() if shelf is None else shelf.depths.keys()
    return TileJson(
        name=layer,
        tiles=[f"{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{asked.query}"],
        minzoom=chosen.minzoom,
        maxzoom=chosen.maxzoom,
        bounds=bounds,
        center=center(bounds, chosen.minzoom, chosen.maxzoom),
        attribution=attribution(profile, is_synthetic=asked.version.synthetic),
        review_number=None if number is None else str(number),
        map_version=asked.version.version,
        vector_layers=[_described(one, is_drawn=one.name in drawn) for one in chosen.layers],
    )


def _described(one: TileLayer, *, is_drawn: bool) -> VectorLayer:
    return VectorLayer(
        id=one.name,
        description=one.layer.geometry,
        minzoom=one.minzoom,
        maxzoom=one.maxzoom,
        fields={**one.layer.fields, **(TOKEN_FIELD if is_drawn else {})},
        breaks={name: list(breaks) for name, breaks in one.layer.breaks.items()},
    )
