"""A seeded, synthetic city whose grids share their borders point by point.

>>> from gridgeo import synth
>>> len(synth.tiny_city(seed=1).leaves)
40
"""

from gridgeo.synth.city import city, tiny_city
from gridgeo.synth.divisions import parse_divisions, parse_outline, select_district
from gridgeo.synth.model import Division, SynthCity, SynthUnit
from gridgeo.synth.numbering import numbering_order
from gridgeo.synth.sizes import SMALL, TINY, Sizes

__all__ = [
    "SMALL",
    "TINY",
    "Division",
    "Sizes",
    "SynthCity",
    "SynthUnit",
    "city",
    "numbering_order",
    "parse_divisions",
    "parse_outline",
    "select_district",
    "tiny_city",
]
