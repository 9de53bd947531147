"""Buildings of one leaf, where the ground is awkward."""

import numpy as np
import pytest
import shapely

from gridgeo.synth.buildings import build
from gridgeo.synth.plan import Node
from gridgeo.synth.rings import Frame, ring_polygon
from gridgeo.synth.sites import sites
from gridgeo.synth.sizes import SMALL

FRAME = Frame(34.7)


@pytest.mark.parametrize("kind", ["urban", "rural"])
@pytest.mark.parametrize("width", [600, 2000, 3000, 4500, 6000, 60000])
def test_households_find_room_however_narrow_the_leaf(kind: str, width: int) -> None:
    corners = np.array([(0, 0), (90000, 0), (90000, width), (0, width)])
    leaf = Node("grid", "419901001001001", "网格", "网格", kind, 1.0, 0.4, households=220)
    leaf.ring = np.array([1136000000, 347000000]) + corners
    coarse = sites(leaf.ring, 36, leaf.angle, FRAME)
    lot = build(leaf, coarse, kind == "urban", SMALL, FRAME, np.random.default_rng(1))
    footprints = shapely.polygons(lot.footprints)
    assert sum(lot.households) == 220
    assert max(lot.households) <= 40
    assert len(footprints) == len(lot.entrances) == len(lot.households)
    assert shapely.contains_properly(ring_polygon(leaf.ring), footprints).all()
    assert shapely.union_all(footprints).area == pytest.approx(shapely.area(footprints).sum())
