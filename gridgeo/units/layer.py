"""The layers of the map itself: the cover at each level, labels, exclusive grids."""

from collections.abc import Mapping
from typing import Any

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement

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
        statement=statement(__package__, "layer_cover"),
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

LABEL = "label"


def label_layer(rows: Mapping[str, Mapping[str, Any]]) -> Layer:
    """Return the layer of labels by the rows of `layers.toml`: its own, and those of covers."""
    covers = [row for row in rows.values() if "level" in row]
    mine = rows.get(LABEL, {})
    return Layer(
        name=LABEL,
        geometry="point",
        statement=statement(__package__, "layer_label"),
        fields=LABEL_FIELDS,
        parameters={
            "levels": [row["level"] for row in covers],
            "firsts": [row["minzoom"] for row in covers],
            "lasts": [row["maxzoom"] for row in covers],
            "room_px": mine.get("room_px", 0),
            "last": mine.get("maxzoom", 0),
        },
        buffer=0,
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

EXCLUSIVE_LABEL = Layer(
    name="exclusive_label",
    geometry="point",
    statement=statement(__package__, "layer_exclusive_label"),
    fields={
        "code": "official code of the exclusive grid",
        "name": "its name",
        "kind": "its kind",
    },
    parameters={},
    buffer=0,
)
