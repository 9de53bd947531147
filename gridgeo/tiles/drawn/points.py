"""Labels as a layer of a vector tile: points with their attributes, by a compiled loop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.frame import EXTENT, unit_bits
from gridgeo.tiles.drawn.labels import Labels
from gridgeo.tiles.drawn.values import KEYS_OF_LABELS, LABEL_COLUMNS, Values, number_of_rank
from gridgeo.tiles.drawn.wire import (
    FEATURE_BYTES,
    FULL,
    HELPERS,
    Desk,
    begin_layer,
    encoded_layer,
    end_feature,
    end_layer,
    put_delta,
    put_head,
    put_kind,
    put_tags,
)

_POINT = 1


def label_layer(
    name: str, labels: Labels, rows: NDArray[np.int64], values: Values, zoom: int
) -> bytes:
    """Return a tile with one layer of labels, those of some rows; empty when there are none.

    Parameters
    ----------
    name
        Name of the layer.
    labels
        All labels.
    rows
        Those to write, (k,), in the order of the ids of their units; all lie in the tile.
    values
        The attributes of all units.
    zoom
        Zoom of the tile.
    """
    if not len(rows):
        return b""
    tags = tags_of(labels.at(rows), values)
    places = (labels.xy[rows] >> unit_bits(zoom)) & (EXTENT - 1)
    firsts = np.full(tags.shape, -1, dtype=np.int8)
    ids, encode = labels.ids[rows], compiled(encode_points, *HELPERS)

    def write(desk: Desk) -> tuple[int, None]:
        return encode(ids, places, tags, firsts, values.ends, values.blob, *desk), None

    room = FEATURE_BYTES * len(rows)
    return encoded_layer(name, lambda _: KEYS_OF_LABELS, values.distinct, room, write)


def tags_of(labels: Labels, values: Values) -> NDArray[np.int32]:
    """Return the number of the value of each of `LABEL_KEYS`, (n, 5), row by row in memory.

    In any other order it would be of another type, for which there is no code ready.
    """
    said = values.tags[labels.subjects][:, LABEL_COLUMNS]
    return np.column_stack((said, number_of_rank(labels.ranks))).astype(np.int32, order="C")


def encode_points(
    ids: Any, places: Any, tags: Any, firsts: Any, value_ends: Any, blob: Any,
    out: Any, held: Any, shared: Any, own: Any, counts: Any, corners: Any, keys: Any, numbers: Any,
) -> int:  # fmt: skip
    """Write features and values on a desk, and return the size of the features."""
    size = 0
    begin_layer(counts)
    for row in range(len(ids)):
        if size + FEATURE_BYTES > len(out):
            size = FULL
            break
        size = put_tags(
            out, put_head(out, size, ids[row], counts), tags, firsts, row, tags.shape[1],
            value_ends, blob, held, shared, own, counts, numbers,
        )  # fmt: skip
        if size == FULL:
            break
        geometry = put_kind(out, size, _POINT)
        out[geometry] = 9
        size = put_delta(out, geometry + 1, places[row, 0], places[row, 1])
        size = end_feature(out, counts, geometry, size)
    end_layer(counts, shared, numbers)
    return size
