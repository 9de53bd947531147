"""Tiles as squares on the ground, and asking for them."""

from itertools import product

import numpy as np
import shapely
from pyproj import Transformer

MERCATOR = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
HALF_M = 20_037_508.342789244
CITY = (113.600, 34.700, 113.616, 34.713)


def mercator(geometry):
    return shapely.transform(geometry, lambda xy: np.column_stack(MERCATOR.transform(*xy.T)))


def box_of(z, x, y, margin=0.0):
    """The square of a tile in EPSG:3857, wider by a share of its size."""
    size = 2 * HALF_M / 2**z
    west, north = x * size - HALF_M, HALF_M - y * size
    pad = margin * size
    return shapely.box(west - pad, north - size - pad, west + size + pad, north + pad)


def tile_at(z, lon=113.605, lat=34.705):
    x, y = MERCATOR.transform(lon, lat)
    size = 2 * HALF_M / 2**z
    return z, int((x + HALF_M) // size), int((HALF_M - y) // size)


def tiles_over(z, bounds=CITY):
    """All tiles of a zoom that hold a part of the city."""
    _, left, bottom = tile_at(z, bounds[0], bounds[1])
    _, right, top = tile_at(z, bounds[2], bounds[3])
    return list(product([z], range(left, right + 1), range(top, bottom + 1)))


def fetch(client, layer, z, x, y, headers=None, **query):
    return client.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt", params=query, headers=headers or {})
