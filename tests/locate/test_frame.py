"""Points of a GeoDataFrame placed in this process, by the frame's own CRS."""

import geopandas
import numpy as np
import pytest
import shapely
from databases import cloned

from gridgeo import open_city, place_frame
from gridgeo.errors import BadInput, NotFound, UnknownKeyword
from gridgeo.geometry.crs import from_wgs84
from gridgeo.geometry.errors import UnknownCrs
from gridgeo.locate.table import place_all


@pytest.fixture(scope="module")
def city(cluster, tiny_template):
    with cloned(cluster, tiny_template.template) as dsns:
        yield open_city(dsns.reader)


@pytest.fixture
def points():
    return np.random.default_rng(2).uniform((113.598, 34.698), (113.617, 34.714), (300, 2))


def frame_in(points, crs, index=None):
    x, y = from_wgs84(*points.T, f"EPSG:{crs}") if crs else points.T
    shapes = geopandas.points_from_xy(x, y)
    return geopandas.GeoDataFrame({"n": range(len(points))}, geometry=shapes, crs=crs, index=index)


def values(column) -> list[str | None]:
    """Return a column with None where something is missing."""
    return [None if isna else value for value, isna in zip(column, column.isna(), strict=True)]


@pytest.mark.parametrize("crs", [4326, 4490, 4547, 3857, 32649])
def test_a_frame_of_any_crs_has_the_owners_of_the_index(city, points, crs):
    table = place_frame(frame_in(points, crs), city)
    found = city.index.locate(*points.T).tolist()
    expected = [city.units[unit_id].code if unit_id >= 0 else None for unit_id in found]
    assert values(table["code"]) == expected
    assert None in expected
    assert values(table["reason"]) == [None if code else "outside_city" for code in expected]
    assert values(table["error"]) == [None] * len(points)
    assert table.attrs["version"] == 1


def test_the_answer_has_the_order_and_the_index_of_the_frame(city, points):
    labels = [f"row {n % 250}" for n in range(300)][::-1]
    frame = frame_in(points, 4326, labels)
    table = place_frame(frame, city, ["name", "code"], chain=True)
    assert table.index.tolist() == labels
    assert list(table.columns[:2]) == ["name", "code"]
    for (lon, lat), (_, row) in list(zip(points.tolist(), table.iterrows(), strict=True))[::17]:
        chain = city.place(lon, lat).chain[1:]
        assert [row[f"{unit.level}_code"] for unit in chain] == [unit.code for unit in chain]
        assert [row[f"{unit.level}_name"] for unit in chain] == [unit.name for unit in chain]


@pytest.mark.parametrize("crs", ["gcj02", "BD-09", "EPSG:4547"])
def test_a_system_given_overrides_that_of_the_frame(city, points, crs):
    moved = np.column_stack(from_wgs84(*points.T, crs))
    plain = place_frame(frame_in(points, 4326), city)
    assert place_frame(frame_in(moved, None), city, crs=crs)["code"].equals(plain["code"])


def test_bad_geometry_is_an_error_in_its_row(city):
    shapes = [
        shapely.Point(113.605, 34.705), None, shapely.Point(), shapely.box(113.6, 34.7, 113.7, 35),
        shapely.Point(34.705, 113.605), shapely.Point(0, 91), shapely.Point(10, 10),
    ]  # fmt: skip
    table = place_frame(geopandas.GeoDataFrame(geometry=shapes, crs=4326), city)
    told = [error and error.partition(":")[0] for error in values(table["error"])]
    bad = "invalid_input"
    assert told == [None, bad, bad, bad, "swapped_axes", bad, None]
    assert table["code"].isna().tolist() == [False] + [True] * 6
    assert values(table["reason"]) == [None] * 6 + ["outside_city"]


def test_an_empty_frame_has_an_empty_answer(city):
    table = place_frame(geopandas.GeoDataFrame(geometry=[], crs=4326), city)
    assert table.shape == (0, 5)


def test_a_frame_that_does_not_say_its_crs_is_refused(city, points):
    with pytest.raises(BadInput, match="set_crs"):
        place_frame(frame_in(points, None), city)
    with pytest.raises(UnknownCrs):
        place_frame(frame_in(points, None), city, crs="EPSG:99999")
    with pytest.raises(UnknownKeyword):
        place_frame(frame_in(points, 4326), city, ["colour"])


def test_points_without_a_place_in_wgs84_stand_alone(city):
    x = np.array([467952.197, 1e300, 467952.197, np.inf, 1e200])
    y = np.array([3846914.124, 1e300, 3846914.124, 0.0, 0.0])
    placed = place_all(city, x, y, "EPSG:4547")
    assert sorted(placed.errors) == [1, 3, 4]
    assert np.isfinite(placed.lon).tolist() == [True, False, True, False, False]


def test_a_city_is_opened_as_of_a_version(city_db):
    assert open_city(city_db.reader, "1").version.version == 1
    with pytest.raises(NotFound):
        open_city(city_db.reader, "2")
