"""The layer of devices; positions are sensitive, so it asks for a permission."""

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement

DEVICE = Layer(
    name="device",
    geometry="point",
    statement=statement(__package__, "layer_device"),
    fields={
        "code": "code",
        "kind": "kind of device",
        "family": "video, iot or mobile",
        "synthetic": "true when generated",
    },
    parameters={},
    permission="read_devices",
)
