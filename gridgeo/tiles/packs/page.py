"""A folder that is the map by itself: the page, styles, sprites and glyphs, and a pack of tiles.

Any web server that answers `Range` can give it out, under any path; nothing in it asks for another
host. The page reads `config.json`, since its head carries `gridgeo-offline`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridgeo.errors import Unavailable
from gridgeo.tiles.packs.archives import About
from gridgeo.tiles.style import assets
from gridgeo.tiles.style.styles import Style, Styles

PACK = "city.pmtiles"
MARK = '<meta name="gridgeo-offline" content="config.json" />'

BASES = ("day", "night")
"""The styles without which the page cannot be."""

_SOURCE = "city"
_OURS = re.compile(r"""(["'`(])/assets/""")
_NOT_NEEDED = "swagger-ui"  # the reference of an API that is not there


def require_page(web_dir: Path) -> None:
    """Raise `Unavailable` if the console is not built."""
    if not (web_dir / "index.html").is_file():
        raise Unavailable(f"{web_dir} holds no built page: run `make up`, which builds it.")


def write_page(folder: Path, web_dir: Path, tiles_dir: Path, about: About) -> None:
    """Write all but the pack into a folder that is there; `about` is what the pack says."""
    _write_console(folder, web_dir)
    for path, content in assets.files(tiles_dir):
        _put(folder / path, content)
    styles = styles_for(Styles(tiles_dir), {layer["id"] for layer in about.vector_layers})
    for name, style in styles.items():
        _put(folder / "styles" / f"{name}.json", _text(style))
    config = {
        "pmtiles": PACK,
        "version": about.more["map_version"],
        "datum": about.more.get("datum"),
        "review_number": about.more.get("review_number"),
        "bounds": about.bounds,
        "minzoom": about.minzoom,
        "maxzoom": about.maxzoom,
        "layers": [layer["id"] for layer in about.vector_layers],
        "styles": list(styles),
    }
    _put(folder / "config.json", _text(config))


def styles_for(styles: Styles, layers: set[str]) -> dict[str, Style]:
    """Return styles that draw a pack with these layers.

    What the pack cannot show is left out of the bases; other styles that show it are left out.
    """
    made = {name: styles.document(name) for name in styles.names()}
    return {
        name: _of_pack(style, layers)
        for name, style in made.items()
        if name in BASES or _needs(style) <= layers
    }


def _needs(style: Style) -> set[str]:
    return {layer["source-layer"] for layer in style["layers"] if "source-layer" in layer}


def _of_pack(style: Style, layers: set[str]) -> Style:
    """Return a style with one source, the pack; URLs lie beside the page."""
    beside = {k: v.lstrip("/") for k, v in style.items() if k in ("sprite", "glyphs")}
    source = {"type": "vector", "url": f"pmtiles://{PACK}", "promoteId": "code"}
    return {
        **style,
        **beside,
        "sources": {_SOURCE: source},
        "layers": [
            {**layer, "source": _SOURCE} if "source" in layer else layer
            for layer in style["layers"]
            if layer.get("source-layer") in {None, *layers}
        ],
    }


def _write_console(folder: Path, web_dir: Path) -> None:
    """Copy the built page, so that it finds its files under any path."""
    html = (web_dir / "index.html").read_text(encoding="utf-8")
    marked = _OURS.sub(r"\1./assets/", html).replace("<head>", f"<head>\n    {MARK}", 1)
    _put(folder / "index.html", marked.encode())
    for path in sorted((web_dir / "assets").iterdir()):
        if not path.name.startswith(_NOT_NEEDED):
            _put(folder / "assets" / path.name, _relative(path))


def _relative(path: Path) -> bytes:
    if path.suffix != ".js":
        return path.read_bytes()
    return _OURS.sub(r"\1./assets/", path.read_text(encoding="utf-8")).encode()


def _text(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
