"""A seeded, synthetic city whose grids share their borders point by point.

>>> from gridgeo import synth
>>> len(synth.tiny_city(seed=1).leaves)
40
"""

from gridgeo.synth.city import city, tiny_city
from gridgeo.synth.divisions import (
    parse_divisions,
    parse_outline,
    parse_outlines,
    select_district,
)
from gridgeo.synth.model import Division, SynthCity, SynthUnit
from gridgeo.synth.numbering import numbering_order
from gridgeo.synth.sizes import SMALL, STRESS, TINY, ZHENGZHOU, Sizes, WholeSizes
from gridgeo.synth.whole import whole_city

__all__ = [
    "SMALL",
    "STRESS",
    "TINY",
    "ZHENGZHOU",
    "Division",
    "Sizes",
    "SynthCity",
    "SynthUnit",
    "WholeSizes",
    "city",
    "numbering_order",
    "parse_divisions",
    "parse_outline",
    "parse_outlines",
    "select_district",
    "tiny_city",
    "whole_city",
]
