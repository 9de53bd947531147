"""Counting many points by H3 cell says what H3 says of each of them."""

from collections import Counter

import h3
import numpy as np
import pytest
from h3.api import basic_int
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.geometry import hexagons
from gridgeo.geometry.hexagons import count_in_cells, faces

RESOLUTIONS = range(16)


def one_by_one(lon, lat, resolution):
    places = zip(lat.tolist(), lon.tolist(), strict=True)
    return Counter(basic_int.latlng_to_cell(y, x, resolution) for y, x in places)


def around(chance, lon, lat, degrees, n):
    return lon + chance.uniform(-degrees, degrees, n), lat + chance.uniform(-degrees, degrees, n)


def agree(lon, lat, resolution):
    found = count_in_cells(lon, lat, resolution)
    assert found == one_by_one(lon, lat, resolution)
    assert sum(found.values()) == len(lon)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_all_over_the_earth_each_point_is_in_the_cell_that_h3_says(resolution):
    chance = np.random.default_rng(resolution)
    lon = chance.uniform(-180, 180, 2000)
    lat = np.degrees(np.arcsin(chance.uniform(-1, 1, 2000)))
    agree(lon, lat, resolution)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_where_faces_meet_each_point_is_in_the_cell_that_h3_says(resolution):
    chance = np.random.default_rng(resolution)
    width = 60 / 7 ** (resolution / 2)
    for cell in sorted(h3.get_pentagons(0))[:4]:
        lat, lon = h3.cell_to_latlng(cell)
        agree(*around(chance, lon, lat, width, 500), resolution)
    one, other = faces()[0].middle, faces()[1].middle
    edge = np.arcsin((one + other)[2] / np.linalg.norm(one + other))
    lon = np.degrees(np.arctan2(*(one + other)[1::-1]))
    agree(*around(chance, lon, np.degrees(edge), width, 500), resolution)


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_corners_edges_and_middles_of_cells_are_where_h3_puts_them(resolution):
    center = h3.latlng_to_cell(34.75, 113.63, resolution)
    places = [h3.cell_to_latlng(cell) for cell in h3.grid_disk(center, 2)]
    corners = np.array(h3.cell_to_boundary(center))
    middles = (corners + np.roll(corners, 1, axis=0)) / 2
    lat, lon = np.concatenate([places, corners, middles]).T
    for nudge in (0, 1e-14, -1e-14, 1e-9, -1e-9):
        agree(lon + nudge, lat - nudge, resolution)


@given(
    st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 12), st.integers(1, 300),
    st.integers(0, 2**32),
)  # fmt: skip
def test_around_any_place_each_point_is_in_the_cell_that_h3_says(lon, lat, resolution, n, seed):
    x, y = around(np.random.default_rng(seed), lon, lat, 0.05, n)
    agree(x, np.clip(y, -90, 90), resolution)


def test_h3_is_asked_for_cells_and_not_for_points(monkeypatch):
    asked = []

    def ask(lon, lat, resolution):
        asked.extend(lon.tolist())
        return real(lon, lat, resolution)

    real = hexagons._asked
    monkeypatch.setattr(hexagons, "_asked", ask)
    lon, lat = around(np.random.default_rng(1), 113.63, 34.75, 0.01, 50_000)
    found = count_in_cells(lon, lat, 9)
    assert len(found) < 100 and len(asked) < 2 * len(found)


def test_no_points_are_in_no_cells():
    assert count_in_cells(np.empty(0), np.empty(0), 9) == {}


def test_the_twenty_faces_have_the_corners_of_the_icosahedron():
    assert len(faces()) == 20
    for face in faces():
        assert np.allclose(np.linalg.norm(face.axes, axis=1), 0.38196601125010500003)
        assert np.abs(face.axes @ face.middle).max() < 1e-12
