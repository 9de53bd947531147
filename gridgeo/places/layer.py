"""The layers of what stands on the ground."""

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement

LINE = statement(__package__, "layer_line")
ASSET_OF_KIND = statement(__package__, "layer_asset")

SYNTHETIC = {"synthetic": "true when generated"}

BUILDING = Layer(
    name="building",
    geometry="polygon",
    statement=statement(__package__, "layer_building"),
    fields={"households": "households behind this entrance", **SYNTHETIC},
    parameters={},
)
ROAD = Layer(
    name="road",
    geometry="line",
    statement=LINE,
    fields={"kind": "arterial, street or lane", "name": "name", **SYNTHETIC},
    parameters={"family": "road"},
)
BARRIER = Layer(
    name="barrier",
    geometry="line",
    statement=LINE,
    fields={"kind": "river, stream, wall or railway", "name": "name", **SYNTHETIC},
    parameters={"family": "barrier"},
)
ASSET = Layer(
    name="asset",
    geometry="polygon",
    statement=ASSET_OF_KIND,
    fields={"kind": "lamp or park", "name": "name", **SYNTHETIC},
    parameters={"kinds": ["lamp", "park"]},
)
PONDING_POINT = Layer(
    name="ponding_point",
    geometry="point",
    statement=ASSET_OF_KIND,
    fields={"kind": "ponding_point", "name": "name", **SYNTHETIC},
    parameters={"kinds": ["ponding_point"]},
)
PLACE = Layer(
    name="place",
    geometry="point",
    statement=statement(__package__, "layer_place"),
    fields={"name": "name", "kind": "kind of place", **SYNTHETIC},
    parameters={},
)

LAYERS = [BUILDING, ROAD, BARRIER, ASSET, PONDING_POINT, PLACE]
