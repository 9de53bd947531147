import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.geometry.crs import from_wgs84
from gridgeo.geometry.lattice import on_lattice
from gridgeo.geometry.shifting import DATUMS, box_before, shifted, shifted_box

PLACES = st.lists(st.tuples(st.floats(73.0, 137.0), st.floats(1.0, 55.0)), min_size=1, max_size=30)


@pytest.mark.parametrize("datum", DATUMS)
@given(places=PLACES)
def test_a_vertex_comes_to_the_lattice_point_next_to_where_the_formulas_have_it(datum, places):
    (moved,) = shifted([shapely.MultiPoint(places)], datum)
    lon, lat = np.array(places).T
    x, y = from_wgs84(lon, lat, datum)
    found = shapely.get_coordinates(moved)
    assert np.abs(found - np.column_stack((x, y))).max() <= 0.51e-7
    assert on_lattice(found).all()


@pytest.mark.parametrize("datum", DATUMS)
@given(places=PLACES, company=PLACES)
def test_a_vertex_is_converted_the_same_in_every_company(datum, places, company):
    alone = [shapely.get_coordinates(s) for s in shifted(map(shapely.Point, places), datum)]
    together = shifted([shapely.MultiPoint([*company, *places])], datum)[0]
    tail = shapely.get_coordinates(together)[len(company) :]
    assert (np.vstack(alone) == tail).all()


@pytest.mark.parametrize("datum", DATUMS)
def test_neighbours_share_their_border_afterwards_too(datum):
    one = shapely.Polygon([(113.6, 34.7), (113.61, 34.7), (113.6072345, 34.71), (113.6, 34.71)])
    other = shapely.Polygon([(113.61, 34.7), (113.62, 34.7), (113.62, 34.71), (113.6072345, 34.71)])
    a, b = shifted([one, other], datum)
    shared = set(map(tuple, shapely.get_coordinates(a))) & set(
        map(tuple, shapely.get_coordinates(b))
    )
    assert len(shared) == 2
    assert a.intersection(b).length > 0 and a.intersection(b).area == 0


def test_vertices_that_fall_together_are_one():
    near = shapely.LineString([(113.6, 34.7), (113.60000001, 34.7), (113.7, 34.7)])
    assert len(shifted([near], "gcj02")[0].coords) == 2


def test_nothing_stays_nothing():
    assert shifted([], "bd09").tolist() == []


@pytest.mark.parametrize("datum", DATUMS)
@given(
    lon=st.floats(75.0, 135.0), lat=st.floats(3.0, 53.0),
    width=st.floats(1e-4, 2.0), share=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)  # fmt: skip
def test_the_box_before_holds_all_that_falls_in_the_box(datum, lon, lat, width, share):
    box = lon, lat, lon + width, lat + width
    west, south, east, north = box_before(box, datum)
    reach = west + share[0] * (east - west), south + share[1] * (north - south)
    inside = shapely.box(*box)
    x, y = from_wgs84(*reach, datum)
    hold = shapely.box(west, south, east, north)
    assert hold.contains(shapely.Point(reach)) or not inside.contains(shapely.Point(x, y))
    back = shifted_box((west, south, east, north), datum)
    assert back[0] < box[0] and back[1] < box[1] and back[2] > box[2] and back[3] > box[3]
    assert back[2] - back[0] < width + 0.01
