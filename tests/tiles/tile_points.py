"""Points of data layers as they stand in tiles, and where cells end."""

import math

from strict_tile import decoded
from tile_squares import tiles_over

from gridgeo import app as application
from gridgeo.settings import ROOT
from gridgeo.tiles.store import encode_tile

CATALOGUE = application.catalogue(ROOT / "tiles")
AROUND = (113.552, 34.66, 113.652, 34.76)
SIDE = 4096


def features_at(conn, layer, z, x, y, datum=None):
    request = CATALOGUE.request(layer, z, x, y, 1, datum)
    return decoded(encode_tile(conn, request))


def place_of(feature):
    (((x, y),),) = feature.parts
    return x, y


def own_features(conn, layer, z, tiles=None, datum=None):
    """Features of all tiles, each with its tile, that stand in their tile and not in its buffer."""
    for tile in tiles or tiles_over(z, AROUND):
        for feature in features_at(conn, layer, *tile, datum):
            x, y = place_of(feature)
            if 0 <= x < SIDE and 0 <= y < SIDE:
                yield tile, feature


def total(features):
    return sum(feature.attributes.get("count", 1) for _, feature in features)


def edges(depth):
    """An edge of a column and one of a row of cells near the city, 2**depth to each way."""
    n = 2**depth
    column = math.ceil((AROUND[0] + 180) / 360 * n)
    row = math.ceil((1 - math.asinh(math.tan(math.radians(AROUND[3]))) / math.pi) / 2 * n)
    return column * 360 / n - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))


def cell_of(number):
    """Depth, column and row of the cell that the id of a cluster names."""
    rest = number - 2**40
    depth = (rest.bit_length() - 1) // 2
    row, column = divmod(rest - 4**depth, 2**depth)
    return depth, column, row
