"""Map styles: documents of the MapLibre style specification, `styles/*.json` of the tiles folder.

A style may extend another. Then its file holds only what differs, and says how in its metadata:
`gridgeo:extends` names the style it starts from, `gridgeo:without` lists layers (by id) and rows of
the legend (by key) of that one to leave out, and `gridgeo:before` the layer before which its own
are drawn; an own layer with an id of the other replaces it where it is. All URLs in the files are
absolute paths, such as `/tiles/city/{z}/{x}/{y}.mvt`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gridgeo.errors import NotFound, Unavailable

TILES = "/tiles/"
_RULES = ("gridgeo:extends", "gridgeo:without", "gridgeo:before")

Style = dict[str, Any]


class Styles:
    """The styles of a tiles folder.

    Parameters
    ----------
    tiles_dir : Path
        Folder that holds `styles/`.
    """

    def __init__(self, tiles_dir: Path) -> None:
        self._folder = tiles_dir / "styles"

    def names(self) -> list[str]:
        """Return the names of all styles, in alphabetical order."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def document(self, name: str) -> Style:
        """Return a whole style, its URLs absolute paths.

        Raises
        ------
        NotFound
            There is no style of this name.
        Unavailable
            The file, or the one it extends, is not a style.
        """
        if name not in self.names():
            raise NotFound(
                f"There is no style {name!r}; the styles are {', '.join(self.names())}.",
                key="name",
                value=name,
            )
        own = self._read(name)
        base = own.get("metadata", {}).get("gridgeo:extends")
        return own if base is None else _extended(self._read(base), own)

    def _read(self, name: str) -> Style:
        path = self._folder / f"{name}.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _not_a_style(name, str(error)) from error
        if not isinstance(found, dict) or found.get("version") != 8:
            raise _not_a_style(name, 'it is no object with "version": 8')
        for key, kind in (("sources", dict), ("layers", list)):
            if not isinstance(found.get(key), kind):
                raise _not_a_style(name, f'"{key}" is missing or of the wrong type')
        return found


def _not_a_style(name: str, why: str) -> Unavailable:
    return Unavailable(
        f"The file styles/{name}.json of the tiles folder is not a MapLibre style: {why}. "
        "Mend the file and ask again."
    )


def _extended(base: Style, own: Style) -> Style:
    rules = own["metadata"]
    without = set(rules.get("gridgeo:without", ()))
    return {
        **base,
        **own,
        "metadata": _metadata(base.get("metadata", {}), rules, without),
        "sources": {**base["sources"], **own["sources"]},
        "layers": list(_layers(base, own, without, rules.get("gridgeo:before"))),
    }


def _metadata(
    base: Mapping[str, Any], own: Mapping[str, Any], without: set[str]
) -> Mapping[str, Any]:
    rest = [row for row in base.get("gridgeo:legend", ()) if row["key"] not in without]
    said = {key: value for key, value in own.items() if key not in _RULES}
    return {**base, **said, "gridgeo:legend": [*own.get("gridgeo:legend", ()), *rest]}


def _layers(base: Style, own: Style, without: set[str], before: str | None) -> Iterator[Any]:
    """Yield the layers from the ground up."""
    mine = {layer["id"]: layer for layer in own["layers"]}
    known = {layer["id"] for layer in base["layers"]}
    more = [layer for key, layer in mine.items() if key not in known]
    for layer in base["layers"]:
        if layer["id"] == before:
            yield from more
        if layer["id"] not in without:
            yield mine.get(layer["id"], layer)
    if before not in known:
        yield from more


def addressed(style: Style, origin: str, query: Mapping[str, object]) -> Style:
    """Return a style for clients: its URLs begin with `origin`, tiles are asked for with `query`.

    `query` holds what narrows the map (`at`, `plan`, `datum`); None and nothing are the same.
    """
    asked = urlencode({key: value for key, value in query.items() if value is not None})
    tail = f"?{asked}" if asked else ""
    sources = {
        name: {**source, "tiles": [_url(origin, url, tail) for url in source["tiles"]]}
        if "tiles" in source
        else source
        for name, source in style["sources"].items()
    }
    named = {key: style[key] for key in ("sprite", "glyphs") if key in style}
    ends: Style = {key: _url(origin, url, "") for key, url in named.items()}
    return {**style, "sources": sources, **ends}


def _url(origin: str, url: str, tail: str) -> str:
    if not url.startswith("/"):
        return url
    return f"{origin}{url}{tail if url.startswith(TILES) else ''}"
