"""The layer of devices; positions are sensitive, so it asks for a permission."""

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement

SINGLE_FROM = 14
"""From this zoom on devices are shown one by one, further out by cells of 1/8 of a tile."""

COUNTED_ONLY = ("access_gate", "body_camera", "face_capture", "worker_terminal")
"""Kinds that tell of persons: counted in cells at every zoom, never shown where they stand.
See `location_sensitivity` in data/device_kinds.csv."""

DEVICE = Layer(
    name="device",
    geometry="point",
    statement=statement(__package__, "layer_device"),
    fields={
        "code": "code; of a single device, as kind, family and synthetic",
        "kind": "kind of device",
        "family": "video, iot or mobile",
        "synthetic": "true when generated",
        "cluster": "true when the point stands for the devices of a cell, 1/8 of a tile wide",
        "count": "how many devices are in the cell",
        "video": "how many of them see",
        "iot": "how many of them measure or act",
        "mobile": "how many of them move",
    },
    parameters={"single_from": SINGLE_FROM, "counted_only": list(COUNTED_ONLY)},
    permission="read_devices",
    one_plan=False,
)
