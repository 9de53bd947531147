"""Styles, sprites and glyphs: what makes a map out of tiles, without asking any other host."""

import gzip
import hashlib
import json
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gridgeo.tiles.api import Datum, PlanNumber
from gridgeo.tiles.style import assets
from gridgeo.tiles.style.styles import Style, Styles, addressed
from gridgeo.units.api import At

router = APIRouter(tags=["tiles"])

PBF = "application/x-protobuf"
REVALIDATED = "public, no-cache"
KEPT = "public, max-age=86400"
"""Glyphs change when a font does, and a map takes a hundred ranges: not to be asked each time."""

JSON = {"application/json": {"schema": {"type": "object"}}}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It has not changed since the ETag sent."}
}


class StyleName(BaseModel):
    """A style: where it is, and what people call it."""

    name: str
    url: str
    zh: str
    en: str


@router.get("/styles.json")
def styles(request: Request) -> list[StyleName]:
    """List the styles."""
    found = _styles(request)
    return [_listed(request, name, found.document(name)) for name in found.names()]


def _listed(request: Request, name: str, document: Style) -> StyleName:
    words = document.get("metadata", {}).get("gridgeo:title", {})
    return StyleName(
        name=name,
        url=f"{_origin(request)}/styles/{name}.json",
        zh=words.get("zh", name),
        en=words.get("en", name),
    )


@router.get(
    "/styles/{name}.json",
    response_class=Response,
    responses={200: {"content": JSON}, **NOT_MODIFIED},
)
def style(
    request: Request, name: str, at: At = None, plan: PlanNumber = None, datum: Datum = None
) -> Response:
    """Return a MapLibre style whose sources show the map as asked."""
    asked = {"at": at, "plan": plan, "datum": datum}
    found = addressed(_styles(request).document(name), _origin(request), asked)
    body = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    return _answer(request, body, "application/json", REVALIDATED)


@router.get(
    "/sprites/{file}",
    response_class=Response,
    responses={200: {"content": {**JSON, "image/png": {}}}, **NOT_MODIFIED},
)
def sprite(request: Request, file: str) -> Response:
    """Return the picture of all icons of a style, or where each icon lies in it."""
    body = assets.sprite(request.app.state.settings.tiles_dir, file)
    media_type = "image/png" if file.endswith(".png") else "application/json"
    return _answer(request, body, media_type, REVALIDATED)


@router.get(
    "/glyphs/{fontstack}/{span}.pbf",
    response_class=Response,
    responses={200: {"content": {PBF: {}}}, **NOT_MODIFIED},
)
def glyphs(request: Request, fontstack: str, span: str) -> Response:
    """Return 256 letters of a font as distance fields, such as 19968-20223."""
    packed = assets.glyphs(request.app.state.settings.tiles_dir, fontstack, span)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return _answer(request, gzip.decompress(packed), PBF, KEPT)
    answer = _answer(request, packed, PBF, KEPT)
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _styles(request: Request) -> Styles:
    return Styles(request.app.state.settings.tiles_dir)


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _answer(request: Request, body: bytes, media_type: str, cache_control: str) -> Response:
    headers = {
        "ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"',
        "Cache-Control": cache_control,
        "Vary": "Accept-Encoding",
    }
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
