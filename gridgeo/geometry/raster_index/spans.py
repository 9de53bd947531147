"""Which cells of a raster a segment meets: for each row a run of columns.

Conservative: every cell is taken `MARGIN` of its width larger than it is, far more than rounding
can move a coordinate, so no segment is missed; a segment that only passes close by may be listed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MARGIN = 1e-3

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Spans(NamedTuple):
    """Runs of cells: the segment's position, the row, the first and the last column.

    The columns are not cut to the raster.
    """

    segment: Ints
    row: Ints
    first: Ints
    last: Ints


def spans(segments: Array, size: Ints | int) -> Spans:
    """Find the runs of cells met by segments (n, 4), in units of the cells, south end first.

    `size` is the number of rows of the raster, one for all or one for each segment. Runs stand in
    the order of the segments, from south to north.
    """
    u1, v1, u2, v2 = segments.T
    bottom = np.maximum(np.floor(v1 - MARGIN), 0).astype(np.int64)
    top = np.minimum(np.floor(v2 + MARGIN), size - 1).astype(np.int64)
    number = np.maximum(top - bottom + 1, 0)
    segment, step = runs(number)
    row = bottom[segment] + step
    south, tall, wide = v1[segment], (v2 - v1)[segment], (u2 - u1)[segment]
    with np.errstate(over="ignore"):
        tall = np.maximum(tall, 1e-300)
        enter = np.clip((row - MARGIN - south) / tall, 0.0, 1.0)
        leave = np.clip((row + (1.0 + MARGIN) - south) / tall, 0.0, 1.0)
    start = u1[segment]
    one, two = start + enter * wide, start + leave * wide
    first = np.floor(np.minimum(one, two) - MARGIN).astype(np.int64)
    last = np.floor(np.maximum(one, two) + MARGIN).astype(np.int64)
    return Spans(segment, row, first, last)


def runs(number: Ints) -> tuple[Ints, Ints]:
    """For runs of these lengths: the run of each member, and its place in the run from 0."""
    run = np.repeat(np.arange(len(number)), number)
    place = np.arange(len(run)) - np.repeat(np.cumsum(number) - number, number)
    return run, place


def cells_of(met: Spans, size: Ints | int) -> tuple[Ints, Ints, Ints]:
    """All cells of spans, cut to `size` columns: the position of the span, the row, the column."""
    first, last = np.maximum(met.first, 0), np.minimum(met.last, size - 1)
    span, step = runs(np.maximum(last - first + 1, 0))
    return span, met.row[span], first[span] + step
