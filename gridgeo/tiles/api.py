"""Tiles, TileJSON and styles of the one grid map."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from gridgeo.access.api import CallerDep
from gridgeo.db.requests import Reading
from gridgeo.errors import NotFound
from gridgeo.tiles import store
from gridgeo.tiles.cache import Tile
from gridgeo.tiles.model import Catalogue
from gridgeo.tiles.quick import LIVE_HEADERS
from gridgeo.tiles.values import TOKEN
from gridgeo.units.api import At
from gridgeo.units.store import is_version_number, resolve_version

router = APIRouter(tags=["tiles"])

MVT = "application/vnd.mapbox-vector-tile"
TOKEN_FIELD = {TOKEN: "true when the unit is too small for the zoom and a mark stands for it"}
ATTRIBUTION = "gridgeo · 合成数据 synthetic data"


class VectorLayer(BaseModel):
    """A layer inside a tile, as TileJSON describes it."""

    id: str
    description: str
    minzoom: int
    maxzoom: int
    fields: dict[str, str]


class TileJson(BaseModel):
    """TileJSON 3.0.0; `map_version` is the version that the tiles show."""

    tilejson: str = "3.0.0"
    name: str
    tiles: list[str]
    minzoom: int
    maxzoom: int
    bounds: list[float]
    attribution: str = ATTRIBUTION
    map_version: int
    vector_layers: list[VectorLayer]


TileNumber = Annotated[int, Field(ge=0, le=2**31 - 1)]


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
    layer: str,
    z: TileNumber,
    x: TileNumber,
    y: TileNumber,
    at: At = None,
) -> Response:
    """Return one tile of one layer."""
    catalogue: Catalogue = request.app.state.catalogue
    found = catalogue.get(layer)
    permission = found.layer.permission
    if permission is not None:
        caller.require(permission)
    version = resolve_version(conn, at)
    asked = catalogue.request(layer, z, x, y, version.version)
    shelf = request.app.state.tiles.current() if at is None else None
    if shelf is not None and shelf.shows(layer, z):
        return _drawn(shelf.tile(layer, z, x, y), request)
    body = store.encode_tile(conn, asked)
    pinned = is_version_number(at) and found.has_versions
    headers = {
        "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        "Cache-Control": _cache_control(pinned=pinned, private=permission is not None),
        "Vary": "Authorization, Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if not body:
        return Response(status_code=204, headers=headers)
    return Response(body, media_type=MVT, headers=headers)


def _drawn(tile: Tile, request: Request) -> Response:
    """Answer a drawn tile, packed if the client can unpack it."""
    headers = {"ETag": tile.etag, **LIVE_HEADERS}
    if tile.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if not tile.plain:
        return Response(status_code=204, headers=headers)
    if tile.gzip and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(tile.gzip, media_type=MVT, headers={**headers, "Content-Encoding": "gzip"})
    return Response(tile.plain, media_type=MVT, headers=headers)


def _cache_control(*, pinned: bool, private: bool) -> str:
    scope = "private" if private else "public"
    return f"{scope}, max-age=31536000, immutable" if pinned else f"{scope}, no-cache"


@router.get("/tiles/{layer}.json")
def tilejson(conn: Reading, request: Request, layer: str, at: At = None) -> TileJson:
    """Describe a layer as TileJSON 3.0.0."""
    catalogue: Catalogue = request.app.state.catalogue
    found = catalogue.get(layer)
    version = resolve_version(conn, at)
    query = f"?at={version.version}" if at is not None else ""
    base = str(request.base_url).rstrip("/")
    shelf = request.app.state.tiles.current() if at is None else None
    more = TOKEN_FIELD if shelf is not None and layer in shelf.depths else {}
    return TileJson(
        name=layer,
        tiles=[f"{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{query}"],
        minzoom=found.minzoom,
        maxzoom=found.maxzoom,
        bounds=store.bounds(conn, version.version),
        map_version=version.version,
        vector_layers=[
            VectorLayer(
                id=layer,
                description=found.layer.geometry,
                minzoom=found.minzoom,
                maxzoom=found.maxzoom,
                fields={**found.layer.fields, **more},
            )
        ],
    )


@router.get("/styles/{name}.json")
def style(request: Request, name: str) -> dict[str, Any]:
    """Return a MapLibre style."""
    folder = request.app.state.settings.tiles_dir / "styles"
    names = sorted(path.stem for path in folder.glob("*.json"))
    if name not in names:
        raise NotFound(
            f"There is no style {name!r}; the styles are {', '.join(names)}.",
            key="name",
            value=name,
        )
    document: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return document
