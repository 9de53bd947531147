"""The whole of Zhengzhou at its real size."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import shapely
from reduced import divisions, outlines
from test_synth_whole import assert_codes, assert_counts, assert_laws

from gridgeo import synth
from gridgeo.synth.rings import METRES_PER_UNIT

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def zhengzhou() -> synth.SynthCity:
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return synth.whole_city(1, outlines(), divisions(), map=pool.map)


def test_the_city_has_its_published_counts(zhengzhou: synth.SynthCity) -> None:
    assert_counts(zhengzhou, synth.ZHENGZHOU, districts=16)
    assert len(zhengzhou.leaves) == 58_484


def test_the_city_keeps_the_laws(zhengzhou: synth.SynthCity) -> None:
    assert_laws(zhengzhou)
    assert_codes(zhengzhou)
    shapes = np.array([u.shape for u in zhengzhou.leaves])
    assert shapely.get_num_coordinates(shapes).min() > 30


def test_districts_and_zones_are_in_one_piece(zhengzhou: synth.SynthCity) -> None:
    districts = [u for u in zhengzhou.units if u.level == "district"]
    assert all(isinstance(u.shape, shapely.Polygon) for u in districts)
    assert not any(u.shape.interiors for u in districts if isinstance(u.shape, shapely.Polygon))


def test_the_erqi_circle_is_as_reported(zhengzhou: synth.SynthCity) -> None:
    circle = zhengzhou.exclusive_grids[0]
    assert circle.name == "二七商圈专属网格"
    assert circle.code == "410100000000001"
    assert len(circle.party_names) == 11
    streets = [
        u for u in zhengzhou.units if u.level == "township" and u.shape.intersects(circle.shape)
    ]
    assert len(streets) == 5
    assert {u.parent_code for u in streets} == {"410103", "410104", "410105"}
    scale = METRES_PER_UNIT * 1e7 * np.array([np.cos(np.radians(34.757)), 1.0])
    metric = shapely.transform(circle.shape, lambda xy: xy * scale)
    assert metric.area / 1e6 == pytest.approx(31.7, abs=0.2)


def test_units_are_small_in_the_centre_and_large_in_the_country(
    zhengzhou: synth.SynthCity,
) -> None:
    urban = np.median([u.shape.area for u in zhengzhou.leaves if u.kind == "urban"])
    rural = np.median([u.shape.area for u in zhengzhou.leaves if u.kind == "rural"])
    assert rural > 8 * urban
