"""How many bytes a client loads, packed by gzip: the default map, and the city at a glance."""

import gzip
import json
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import mapbox_vector_tile
import numpy as np
import psycopg
from psycopg import Connection

from bench.tile_peers import TILE
from bench.tile_servers import Tile

Row = tuple[str, str, str, str, str, str]

DEFAULT = "city"
"""The set of layers that the console shows."""

AS_IT_IS = """
SELECT ST_AsMVT(row, %(layer)s, 4096, 'geom', 'id') FROM (
    SELECT u.unit_id AS id, u.code, u.level, u.name, p.code AS parent_code, u.is_leaf AS leaf,
           u.households, u.synthetic,
           ST_AsMVTGeom(ST_Transform(s.geom, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s),
                        4096, 64, true) AS geom
    FROM unit u JOIN unit_shape s USING (unit_id) LEFT JOIN unit p ON p.unit_id = u.parent_id
    WHERE u.unit_id = ANY(%(ids)s)
) AS row
"""
"""Units as PostGIS draws them, none of their corners left out but those that round to the same."""


def rows(port: int, dsn: str, leaves: int, tiles: Sequence[Tile]) -> Iterator[Row]:
    """Sizes of the default map on these tiles and of the whole city at zoom 9."""
    with psycopg.connect(dsn) as conn:
        yield _row(f"z10 default map, {len(tiles)} tiles", *_default(port, conn, tiles))
    everywhere = list(_everywhere(port, 9))
    whole = sum(len(_packed(port, DEFAULT, tile)) for tile in everywhere)
    yield _row("z9 default map, whole city", whole, "aim: below 500 KB")
    try:
        parts = [_packed(port, "micro_grid", tile) for tile in everywhere]
    except HTTPError as error:
        yield _row("z9 micro-grids, whole city", 0, f"not available: {error.code}")
        return
    features = {f["id"]: f for part in parts for layer in _layers(part).values()
                for f in layer["features"]}  # fmt: skip
    tokens = sum(bool(f["properties"].get("token")) for f in features.values())
    said = f"{len(features):,} of {leaves:,} leaves, {tokens:,} of them flagged as tokens"
    yield _row("z9 micro-grids, whole city", sum(map(len, parts)), said)


def _default(port: int, conn: Connection[Any], tiles: Sequence[Tile]) -> tuple[int, str]:
    ours = raw = same = 0
    for tile in tiles:
        packed = _packed(port, DEFAULT, tile)
        ours += len(packed)
        raw += len(gzip.compress(_asked(conn, TILE, tile)))
        same += len(gzip.compress(b"".join(_as_they_are(conn, tile, packed))))
    said = f"1/{raw / ours:.1f} of raw micro-grids (aim 1/25), "
    return ours, said + f"1/{same / ours:.1f} of its levels unsimplified (aim 1/4)"


def _as_they_are(conn: Connection[Any], tile: Tile, packed: bytes) -> Iterator[bytes]:
    """Yield the layers of units in a tile, as PostGIS draws the same units."""
    z, x, y = tile
    for name, layer in _layers(packed).items():
        ids = [f["id"] for f in layer["features"] if "parent_code" in f["properties"]]
        if ids:
            yield _asked(conn, AS_IT_IS, {"layer": name, "z": z, "x": x, "y": y, "ids": ids})


def _asked(conn: Connection[Any], query: str, parameters: Any) -> bytes:
    row = conn.execute(query, parameters).fetchone()
    return bytes(row[0]) if row else b""


def _everywhere(port: int, zoom: int) -> Iterator[Tile]:
    """Yield all tiles that the bounds of the default map meet."""
    with urlopen(f"http://127.0.0.1:{port}/tiles/{DEFAULT}.json", timeout=60) as answer:
        west, south, east, north = json.load(answer)["bounds"]
    x = (np.array([west, east]) / 360 + 0.5) * 2**zoom
    y = (0.5 - np.arctanh(np.sin(np.radians([north, south]))) / (2 * np.pi)) * 2**zoom
    (left, right), (top, bottom) = x.astype(int).tolist(), y.astype(int).tolist()
    yield from product([zoom], range(left, right + 1), range(top, bottom + 1))


def _packed(port: int, layer: str, tile: Tile) -> bytes:
    """Return what comes over the wire to who takes gzip."""
    url = "http://127.0.0.1:{}/tiles/{}/{}/{}/{}.mvt".format(port, layer, *tile)
    with urlopen(Request(url, headers={"Accept-Encoding": "gzip"}), timeout=60) as answer:
        return bytes(answer.read())


def _layers(packed: bytes) -> dict[str, Any]:
    data = gzip.decompress(packed) if packed.startswith(b"\x1f\x8b") else packed
    decoded: dict[str, Any] = mapbox_vector_tile.decode(data)
    return decoded


def _row(name: str, size: int, said: str) -> Row:
    return name, "", "", f"{size / 1e3:,.1f}", "", said
