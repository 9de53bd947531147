"""The layer of open events: where and what kind of matter, never who, when or in which words."""

from gridgeo.db.layers import Layer
from gridgeo.db.sql import statement
from gridgeo.events.model import CLOSED_STATES

SINGLE_FROM = 14
"""From this zoom on events are shown one by one, further out by cells of 1/8 of a tile."""

EVENT = Layer(
    name="event",
    geometry="point",
    statement=statement(__package__, "layer_event"),
    fields={
        "state": "state of a single event",
        "scheme": "scheme of its category",
        "class": "class of its category, the topmost above it",
        "cluster": "true when the point stands for the events of a cell, 1/8 of a tile wide",
        "count": "how many open events are in the cell",
    },
    parameters={"single_from": SINGLE_FROM, "closed": sorted(CLOSED_STATES)},
    permission="read_events",
    one_plan=False,
)
