"""A unit is cut whole where one of its corners lies on the edge of a tile's buffer."""

import numpy as np
import pytest
import shapely

from gridgeo.tiles.drawn.clip import cut_unit

LOW, HIGH = -64, 4160
NOTCH = [(1000, 5000), (1000, 3000), (1500, 3000), (2000, 4160), (2500, 3000), (3000, 3000),
         (3000, 5000)]  # fmt: skip
TIP = [(1000, 3000), (3000, 3000), (2000, 4160), (1500, 5000), (500, 5000)]


@pytest.mark.parametrize("corners", [NOTCH, TIP], ids=["notch", "tip"])
@pytest.mark.parametrize("turns", range(4))
def test_nothing_is_lost_where_a_corner_lies_on_the_edge(corners, turns):
    ring = np.array(corners, dtype=np.int64)
    for _ in range(turns):
        ring = np.column_stack((LOW + HIGH - ring[:, 1], ring[:, 0]))
    if not shapely.LinearRing(ring).is_ccw:
        ring = ring[::-1].copy()
    keys, ends = cut_unit(ring, np.array([0, len(ring)]), 0, 1, LOW, HIGH)
    places = np.column_stack((keys >> 32, keys & 0xFFFFFFFF)) + LOW
    found = shapely.multipolygons([shapely.Polygon(p) for p in np.split(places, ends[1:-1])])
    expected = shapely.Polygon(ring).intersection(shapely.box(LOW, LOW, HIGH, HIGH))
    assert found.is_valid
    assert found.symmetric_difference(expected).area < expected.length
