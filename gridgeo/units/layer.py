"""The layers of the map itself: the cover at each level, labels, exclusive grids."""

from collections.abc import Sequence
from dataclasses import replace

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement

COVER = statement(__package__, "layer_cover")

COVER_FIELDS = {
    "code": "official code",
    "level": "level of the unit; a rural grid is a leaf of the cover at micro_grid",
    "name": "name",
    "parent_code": "code of the administering unit",
    "leaf": "true when nothing lies below: micro-grids and rural grids",
    "households": "number of households",
    "synthetic": "true when generated",
}


def cover_layer(name: str, level: str) -> Layer:
    """Return the layer of the cover at a level: its units and the leaves above it."""
    return Layer(
        name=name,
        geometry="polygon",
        statement=COVER,
        fields=COVER_FIELDS,
        parameters={"level": level},
    )


LABEL_FIELDS = {
    "code": "official code",
    "level": "level of the unit",
    "name": "name",
    "leaf": "true when nothing lies below",
    "rank": "which comes first where not all have room: the lower, of the larger unit",
}

LABEL = Layer(
    name="label",
    geometry="point",
    statement=statement(__package__, "layer_label"),
    fields=LABEL_FIELDS,
    parameters={"levels": [], "firsts": [], "lasts": [], "room_px": 0, "last": 0},
    buffer=0,
)


def label_layer(covers: Sequence[tuple[str, int, int]], room_px: int, last: int) -> Layer:
    """Return the layer of labels.

    Parameters
    ----------
    covers
        Each level that is shown, with the first and the last zoom.
    room_px
        How wide a unit must be for its label, in pixels (512 to a tile).
    last
        Deepest zoom, at which there is always room.
    """
    names = ("levels", "firsts", "lasts")
    columns = [list(column) for column in zip(*covers, strict=True)] or [[], [], []]
    return replace(
        LABEL,
        parameters={**dict(zip(names, columns, strict=True)), "room_px": room_px, "last": last},
    )

EXCLUSIVE_GRID = Layer(
    name="exclusive_grid",
    geometry="polygon",
    statement=statement(__package__, "layer_exclusive_grid"),
    fields={
        "code": "official code",
        "name": "name",
        "kind": "kind",
        "synthetic": "true when generated",
    },
    parameters={},
)
