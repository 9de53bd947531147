"""Which tiles may differ between two versions of the map, and the drawings of the earlier one.

A tile that is not among them is the same in both; one that is may be, and is compared by its bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pmtiles.tile import zxy_to_tileid
from psycopg import Connection

from gridgeo.geometry.shifting import box_before, shifted_box
from gridgeo.geometry.squares import BUFFER, Box
from gridgeo.tiles.drawn.dirty import dirty_label_tiles, dirty_tiles
from gridgeo.tiles.drawn.drawings import Alterations, Drawings
from gridgeo.tiles.drawn.live import MOST_PATCHED
from gridgeo.tiles.drawn.store import change_between, draw_version, shapes_of
from gridgeo.tiles.model import TileLayer, as_ewkb
from gridgeo.tiles.packs.blocks import Ground

_SLACK_DEG = 0.001
"""A box shifted by its corners holds all that is shifted from within it but for less than this."""

_ROWS = (
    b"SELECT near::text, ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)"
    b" FROM (%s) AS near WHERE geom IS NOT NULL"
)


class Span(NamedTuple):
    """What is compared: the drawings of an earlier version, and the tiles that may differ.

    Attributes
    ----------
    drawn : Drawings
        Those of the earlier version.
    numbers : frozenset of int, optional
        Numbers of the tiles, see `blocks`; without it any may.
    """

    drawn: Drawings
    numbers: frozenset[int] | None


class Between(NamedTuple):
    """The two versions, the datum of both, and where and at which zooms they are compared."""

    before: int
    version: int
    datum: str | None
    bounds: Box
    zooms: range


def span(
    conn: Connection[Any], drawn: Drawings, layers: Iterable[TileLayer], between: Between
) -> Span:
    """Compare two versions; `drawn` are the drawings of the later one, `layers` are not drawn."""
    before, version, datum, _, zooms = between
    change = change_between(conn, drawn.tree, version, before)
    if max(len(change.reshaped), len(change.said)) > MOST_PATCHED:
        earlier = draw_version(conn, before, drawn.scheme, lambda zoom: None, datum)
        return Span(earlier, None)
    earlier, altered = drawn.followed(change, partial(shapes_of, conn, before, datum=datum))
    numbers = set(_drawn_numbers(altered, earlier, zooms))
    for layer in layers:
        if layer.has_versions:
            numbers.update(_listed_numbers(conn, layer, between))
    return Span(earlier, frozenset(numbers))


def _drawn_numbers(altered: Alterations, earlier: Drawings, zooms: range) -> Iterator[int]:
    """Yield the tiles that show a unit or a label otherwise."""
    for shown, one in altered.panes.items():
        if shown.zoom in zooms:
            yield from _numbers(shown.zoom, dirty_tiles(one))
    for zoom in zooms:
        yield from _numbers(zoom, dirty_label_tiles(altered.labels, earlier.values, zoom))


def _numbers(zoom: int, tiles: NDArray[np.int64]) -> Iterator[int]:
    for tile in tiles.tolist():
        yield zxy_to_tileid(zoom, tile >> 32, tile & 0xFFFFFFFF)


def _listed_numbers(conn: Connection[Any], layer: TileLayer, between: Between) -> Iterator[int]:
    """Yield the tiles that rows of a layer come into which only one of two versions has."""
    for zoom in between.zooms:
        if layer.shows(zoom):
            one, other = (
                _rows(conn, layer, between, zoom, version)
                for version in (between.before, between.version)
            )
            for text in one.keys() ^ other.keys():
                box = one.get(text) or other[text]
                yield from _met_by(box, zoom, between.datum)


def _rows(
    conn: Connection[Any], layer: TileLayer, between: Between, zoom: int, version: int
) -> Mapping[str, Box]:
    """Return the boxes of what a layer shows, by all that it says."""
    reach = between.bounds if between.datum is None else box_before(between.bounds, between.datum)
    near = {**layer.layer.parameters, "z": zoom, "version": version, "reach": as_ewkb(reach)}
    rows = conn.execute(_ROWS % layer.layer.statement, near).fetchall()
    return {text: (west, south, east, north) for text, west, south, east, north in rows}


def _met_by(box: Box, zoom: int, datum: str | None) -> Iterator[int]:
    """Yield the tiles of a zoom that a box in WGS 84 comes into, or their buffer."""
    west, south, east, north = box if datum is None else shifted_box(box, datum)
    pad = 360.0 / (1 << zoom) * BUFFER + (1e-6 if datum is None else _SLACK_DEG)
    ground = Ground.of_bounds(west - pad, south - pad, east + pad, north + pad)
    left, top, right, bottom = ground.columns(zoom)
    for x in range(left, right + 1):
        for y in range(top, bottom + 1):
            yield zxy_to_tileid(zoom, x, y)
