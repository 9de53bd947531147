"""The layers of the map itself: the cover at each level, labels, exclusive grids."""

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


LABEL = Layer(
    name="label",
    geometry="point",
    statement=statement(__package__, "layer_label"),
    fields={
        "code": "official code",
        "level": "level of the unit",
        "name": "name",
        "leaf": "true when nothing lies below",
    },
    parameters={},
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
