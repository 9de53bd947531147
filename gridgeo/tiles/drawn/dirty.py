"""Which tiles a change touches: those that show a border that moved or a unit that reads otherwise.

A tile's bytes depend on the units that come into it and on what of their borders lies within its
buffer. So a unit whose shape alone has changed touches the tiles near the edges that one of its two
shapes has and the other has not; a unit that came, went or reads otherwise, all that it comes into.
A label touches the tile it stands in.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.generalise.coverage import edges_of_rings
from gridgeo.geometry.generalise.frame import EXTENT, EXTENT_BITS, unit_bits
from gridgeo.tiles.drawn.drawings import Altered
from gridgeo.tiles.drawn.labels import Labels, Relabelled
from gridgeo.tiles.drawn.points import tags_of
from gridgeo.tiles.drawn.sheet import BUFFER, Sheet
from gridgeo.tiles.drawn.values import Values

Ints = NDArray[np.int64]

_LONGEST = 1024
"""Edges longer than this, in tile units, are looked at piece by piece."""


def dirty_tiles(altered: Altered) -> Ints:
    """Tiles that a change touches in one pane, as x << 32 | y, ascending, each once."""
    old, new = altered
    both, there, here = np.intersect1d(old.ids, new.ids, return_indices=True)
    alike = old.subjects[there] == new.subjects[here]
    reshaped = both[alike]
    found = [_of_moved_borders(old.at(there[alike]), new.at(here[alike]))]
    for sheet in (old, new):
        rows = np.flatnonzero(~np.isin(sheet.ids, reshaped))
        found += [_of_unit(sheet, row) for row in rows.tolist()]
    return np.unique(np.concatenate(found))


def dirty_label_tiles(changed: Relabelled, values: Values, zoom: int) -> Ints:
    """Tiles of a zoom whose labels a change touches, as `dirty_tiles` returns them.

    `values` are the attributes after the change, which hold those before it too.
    """
    old, new = (_showing(labels, zoom) for labels in changed)
    rows = np.vstack((_seen(old, values, zoom), _seen(new, values, zoom)))
    _, first, counts = np.unique(rows, axis=0, return_index=True, return_counts=True)
    tiles = np.concatenate((old.tiles_at(zoom), new.tiles_at(zoom)))
    return np.unique(tiles[first[counts == 1]])


def _showing(labels: Labels, zoom: int) -> Labels:
    return labels.at(np.flatnonzero(labels.zooms >> zoom & 1))


def _seen(labels: Labels, values: Values, zoom: int) -> Ints:
    """Return what a tile of a zoom shows of labels, one row each."""
    places = labels.xy >> unit_bits(zoom)
    return np.column_stack((labels.ids, places, tags_of(labels, values))).astype(np.int64)


def _of_moved_borders(old: Sheet, new: Sheet) -> Ints:
    """Tiles near edges of a unit before that it has no more, and the other way round."""
    one, other = (np.stack(edges_of_rings(sheet.rings)) for sheet in (old, new))
    edges, counts = np.unique(np.hstack((one, other)), axis=1, return_counts=True)
    return _near(edges[0, counts == 1], edges[1, counts == 1])


def _of_unit(sheet: Sheet, row: int) -> Ints:
    """Tiles that a unit comes into."""
    unit = sheet.at(np.array([row]))
    start, end, _ = edges_of_rings(unit.rings)
    west, north, east, south = (unit.boxes[0] >> EXTENT_BITS).tolist()
    x, y = (a.ravel() for a in np.meshgrid(np.arange(west, east + 1), np.arange(north, south + 1)))
    rings = np.split(unit.xy, unit.ends[1:-1])
    ground = shapely.build_area(shapely.multilinestrings([np.vstack((r, r[:1])) for r in rings]))
    shapely.prepare(ground)
    held = shapely.contains_xy(ground, x * EXTENT + 0.5, y * EXTENT + 0.5)
    inner = x[held].astype(np.int64) << 32 | y[held]
    return np.unique(np.concatenate((_near(start, end), inner)))


def _near(start: Ints, end: Ints) -> Ints:
    """Tiles that edges, ends as x << 32 | y, come into, or their buffer."""
    a = np.stack((start >> 32, start & 0xFFFFFFFF))
    b = np.stack((end >> 32, end & 0xFFFFFFFF))
    pieces = np.abs(b - a).max(axis=0) // _LONGEST + 1
    edge = np.repeat(np.arange(len(start)), pieces)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    way, parts = (b - a)[:, edge], pieces[edge]
    one, other = a[:, edge] + way * step // parts, a[:, edge] + -(-way * (step + 1) // parts)
    low, high = np.minimum(one, other) - BUFFER, np.maximum(one, other) + BUFFER
    return _tiles(low >> EXTENT_BITS, high >> EXTENT_BITS)


def _tiles(low: Ints, high: Ints) -> Ints:
    """Tiles from corner to corner of squares, (2, n) each."""
    across, down = high - low + 1
    counts = across * down
    row = np.repeat(np.arange(len(counts)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    y, x = np.divmod(step, across[row])
    return np.unique((low[0, row] + x) << 32 | (low[1, row] + y))
