"""Labels as a layer of a vector tile: points with their attributes, by a compiled loop."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gridgeo.geometry.compiled import compiled
from gridgeo.geometry.generalise.frame import EXTENT, unit_bits
from gridgeo.tiles.drawn.labels import Labels
from gridgeo.tiles.drawn.values import KEYS_OF_LABELS, LABEL_COLUMNS, Values, number_of_rank
from gridgeo.tiles.drawn.wire import (
    HELPERS,
    layer_of,
    put_delta,
    put_feature,
    put_tags,
    values_of,
    zeros,
)

_ROOM = 64
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
    encode = compiled(encode_points, *HELPERS)
    features, size, used = encode(
        labels.ids[rows], places, tags, values.ends, values.blob, zeros(values.distinct)
    )
    return layer_of(name, features.data[:size], KEYS_OF_LABELS, used.data)


def tags_of(labels: Labels, values: Values) -> NDArray[np.int32]:
    """Return the number of the value of each of `LABEL_KEYS`, (n, 5)."""
    said = values.tags[labels.subjects][:, LABEL_COLUMNS]
    return np.column_stack((said, number_of_rank(labels.ranks))).astype(np.int32)


def encode_points(
    ids: Any, places: Any, tags: Any, value_ends: Any, blob: Any, local: Any
) -> tuple[Any, int, Any]:
    """Return the features, their size, and the bytes of the values."""
    most = 16 * tags.shape[1] + _ROOM
    out, size = np.empty(most * len(ids), dtype=np.uint8), 0
    used, values = np.empty(len(ids) * tags.shape[1] + 1, dtype=np.int32), 0
    written, part = np.empty(most, dtype=np.uint8), np.empty(_ROOM, dtype=np.uint8)
    for k in range(len(ids)):
        part[0] = 9
        length = put_delta(part, 1, places[k, 0], places[k, 1])
        tag_size, values = put_tags(written, tags, k, tags.shape[1], local, used, values)
        size = put_feature(out, size, _POINT, ids[k], written, tag_size, part, length)
    return out, size, values_of(used, values, value_ends, blob, local)
