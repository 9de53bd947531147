"""What a pack is to hold, whether it may be made, and what it says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from gridgeo import __version__
from gridgeo.db.layers import Layer
from gridgeo.errors import BadInput, Conflict, Forbidden, UnknownKeyword
from gridgeo.geometry.shifting import DATUMS, box_before
from gridgeo.locate.index_file import map_mark
from gridgeo.tiles.drawn.values import TOKEN_FIELD
from gridgeo.tiles.model import Chosen, TileLayer, as_ewkb, attribution
from gridgeo.tiles.packs.archives import WRITERS, About
from gridgeo.tiles.packs.area import Area
from gridgeo.tiles.packs.blocks import Place
from gridgeo.units.model import MapVersion
from gridgeo.units.store import read_profile, resolve_version

FORMAT = 1
"""Counts up when other bytes are made of the same map, so that no old block is taken."""

_STANDING = (
    b"SELECT count(*)::text || ':' || coalesce(sum(hashtextextended(near::text, 0)), 0)::text"
    b" FROM (%s) AS near"
)


def require_datum(datum: str | None) -> None:
    """Raise `UnknownKeyword` listing the datums; None is WGS 84."""
    if datum is not None and datum not in DATUMS:
        message = f"Unknown datum {datum!r}: {' or '.join(DATUMS)}, or none for WGS 84."
        raise UnknownKeyword(message, key="datum", value=datum)


@dataclass(frozen=True)
class Order:
    """What is to be exported.

    Parameters
    ----------
    out
        The file; the end of its name is the format, .pmtiles or .mbtiles.
    chosen
        The layers to show, see `Catalogue.choose`.
    minzoom, maxzoom
        The zooms, both inclusive.
    unit
        Only tiles that meet the unit of this code.
    at
        A version or an instant; without it the live map.
    since
        A version or an instant: only the tiles that are other than they were then.
    datum
        Of all vertices, WGS 84 unless said.
    page
        Whether a folder with the page is made, rather than a file.
    overwrite
        Whether what is there may be replaced.
    processes
        How many processes make tiles.
    """

    out: Path
    chosen: Chosen
    minzoom: int
    maxzoom: int
    unit: str | None = None
    at: str | None = None
    since: str | None = None
    datum: str | None = None
    page: bool = False
    overwrite: bool = False
    processes: int = 1

    def check(self) -> None:
        """Raise before anything is made.

        Raises
        ------
        UnknownKeyword
            The name's end tells no format, or nobody knows the datum.
        BadInput
            The folder is missing, no layer shows at these zooms, one shows figures of the moment,
            or a page is to have only what has changed.
        Conflict
            The file exists and may not be replaced.
        Forbidden
            A layer asks for a permission, and a file could not.
        """
        if not self.page and self.out.suffix.lower() not in WRITERS:
            message = (
                f"Unknown form of {self.out.name!r}; a name ends in {', '.join(WRITERS)}, "
                "or --page makes a folder."
            )
            raise UnknownKeyword(message, key="out", value=self.out.name)
        if self.page and self.since is not None:
            raise BadInput("A page needs the whole map: leave out --since.", key="since")
        require_datum(self.datum)
        if not self.out.parent.is_dir():
            raise BadInput(f"There is no folder {self.out.parent}.", key="out", value=self.out)
        if self.out.exists() and not self.overwrite:
            message = f"{self.out} exists; say --overwrite to replace it."
            raise Conflict(message, key="out", value=self.out)
        for layer in self.chosen.layers:
            _require_open(layer)
        if not self.shown:
            raise BadInput(
                f"None of these layers shows at zooms {self.minzoom} to {self.maxzoom}.",
                key="minzoom",
                value=self.minzoom,
            )

    @property
    def shown(self) -> list[TileLayer]:
        """The layers that show at some of the zooms."""
        return [one for one in self.chosen.layers if self.zooms_of(one)]

    def zooms_of(self, layer: TileLayer) -> list[int]:
        """Return the zooms at which a layer shows."""
        zooms = range(self.minzoom, self.maxzoom + 1)
        return [zoom for zoom in zooms if layer in self.chosen.at(zoom)]


def _require_open(layer: TileLayer) -> None:
    """Raise for a layer that no file may hold."""
    permission = layer.layer.permission
    if permission is not None:
        raise Forbidden(
            f"The layer {layer.name} is for callers with the permission {permission}; a file asks "
            "nobody, so none may hold it.",
            key="layers",
            value=layer.name,
        )
    if layer.layer.reckon is not None:
        raise BadInput(
            f"The layer {layer.name} shows figures of the moment, not of a map version; ask the "
            "server for it.",
            key="layers",
            value=layer.name,
        )


def job_of(
    conn: Connection[Any], version: MapVersion, since: MapVersion | None, order: Order, area: Area
) -> dict[str, Any]:
    """Return all that decides about the bytes: blocks of equal jobs fit together."""
    return {
        "format": FORMAT,
        "gridgeo": __version__,
        "map": map_mark(conn),
        "version": version.version,
        "since": None if since is None else since.version,
        "layers": [[one.name, one.minzoom, one.maxzoom] for one in order.shown],
        "zooms": [order.minzoom, order.maxzoom],
        "unit": order.unit,
        "datum": order.datum,
        "standing": {
            one.name: _standing(conn, one.layer, order.maxzoom, area, order.datum)
            for one in order.shown
            if not one.has_versions
        },
    }


def _standing(conn: Connection[Any], layer: Layer, zoom: int, area: Area, datum: str | None) -> str:
    """Return a mark of what a layer that no version fixes shows just now."""
    reach = area.bounds if datum is None else box_before(area.bounds, datum)
    near = {**layer.parameters, "z": zoom, "reach": as_ewkb(reach)}
    row = conn.execute(_STANDING % layer.statement, near).fetchone()
    return "" if row is None else str(row[0])


def about(
    conn: Connection[Any], version: MapVersion, order: Order, area: Area, emptied: Sequence[Place]
) -> About:
    """Return what the pack says of itself; `emptied` are the tiles that are empty now."""
    profile = read_profile(conn).document
    told = {
        "map_version": version.version,
        "review_number": profile.get("review_number"),
        "datum": order.datum,
        "unit": order.unit,
    }
    if order.since is not None:
        told |= {"since": resolve_version(conn, order.since).version, "emptied": emptied}
    return About(
        name="gridgeo" if area.unit is None else f"gridgeo · {area.unit.name}",
        description=f"map version {version.version}",
        attribution=attribution(profile, is_synthetic=version.synthetic),
        bounds=area.bounds,
        minzoom=order.minzoom,
        maxzoom=order.maxzoom,
        vector_layers=[_vector_layer(one, order) for one in order.shown],
        more={name: value for name, value in told.items() if value is not None},
    )


def _vector_layer(layer: TileLayer, order: Order) -> dict[str, Any]:
    zooms = order.zooms_of(layer)
    return {
        "id": layer.name,
        "description": layer.layer.geometry,
        "minzoom": zooms[0],
        "maxzoom": zooms[-1],
        "fields": {**layer.layer.fields, **(TOKEN_FIELD if layer.is_cover else {})},
    }
