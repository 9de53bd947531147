"""The business circle: an area over a count of streets of three districts, or nothing."""

import numpy as np
import pytest
import shapely
import shapely.affinity

from gridgeo.geometry.lattice import on_lattice
from gridgeo.synth.circle import business_circle
from gridgeo.synth.district import DistrictTask, Site, cut_district
from gridgeo.synth.landmarks import ERQI_DISTRICTS, ERQI_TOWER
from gridgeo.synth.model import SynthUnit
from gridgeo.synth.outlines import shared_rings
from gridgeo.synth.overlays import erqi_circle
from gridgeo.synth.retry import first_success
from gridgeo.synth.rings import Frame, Points
from gridgeo.synth.sizes import SMALL
from gridgeo.synth.split import SplitError

FRAME = Frame(34.75)
WEST, SOUTH = 113.60, 34.70


def street(column: int, row: int) -> shapely.Polygon:
    """A cell of a chessboard of about 1.8 by 2.2 km."""
    x, y = round(WEST + 0.02 * column, 7), round(SOUTH + 0.02 * row, 7)
    return shapely.box(x, y, round(x + 0.02, 7), round(y + 0.02, 7))


CITY = [street(column, row) for row in range(3) for column in range(3)]
DISTRICTS = ["a", "a", "b", "a", "b", "b", "c", "c", "c"]
MIDDLE = (WEST + 0.03, SOUTH + 0.03)


def area_km2(shape: shapely.Polygon) -> float:
    return shape.area * 1e14 * FRAME.aspect * (111_195.0 / 1e7) ** 2 / 1e6


def test_the_circle_has_its_area_over_five_streets_of_three_districts() -> None:
    found = business_circle(CITY, DISTRICTS, MIDDLE, 5, 17.0, FRAME)
    assert found is not None
    assert area_km2(found) == pytest.approx(17.0, rel=0.01)
    met = np.flatnonzero(shapely.intersects(CITY, found))
    assert len(met) == 5
    assert {DISTRICTS[k] for k in met} == {"a", "b", "c"}
    assert found.contains(shapely.Point(MIDDLE))


def test_the_erqi_circle_is_laid_where_its_districts_meet() -> None:
    scale = 1.5
    seats = dict(zip("abc", ERQI_DISTRICTS, strict=True))
    moved = [
        shapely.affinity.scale(
            shapely.affinity.translate(s, ERQI_TOWER.lon - MIDDLE[0], ERQI_TOWER.lat - MIDDLE[1]),
            scale, scale, origin=(ERQI_TOWER.lon, ERQI_TOWER.lat),
        )
        for s in CITY
    ]  # fmt: skip
    snapped = shapely.set_precision(moved, 1e-7)
    units = [
        SynthUnit(f"{k}", "township", "", seats[d], shape, "urban", 0, False, True)
        for k, (shape, d) in enumerate(zip(snapped, DISTRICTS, strict=True))
    ]
    (draft,) = erqi_circle(units, FRAME)
    assert area_km2(draft.shape) == pytest.approx(31.7, rel=0.01)
    assert len(draft.parties) == 11
    assert on_lattice(shapely.get_coordinates(draft.shape)).all()


def test_a_district_without_any_hint_is_cut_for_its_zone_too() -> None:
    ring = shared_rings({"419901": street(0, 0)}, 30.0, FRAME)["419901"]
    sites = (Site("419901001", "419901", 20), Site("419902001", "419902", 20))
    task = DistrictTask("419901", ring, sites, np.random.SeedSequence(1), 34.75, 8.0, SMALL)
    made = cut_district(task)
    assert set(made.parts) == {"419901", "419902"}
    assert set(made.townships) == {"419901001", "419902001"}


def test_there_is_no_circle_where_two_districts_meet() -> None:
    assert business_circle(CITY, ["a", "b"] * 4 + ["a"], MIDDLE, 5, 17.0, FRAME) is None


def test_there_is_no_circle_larger_than_the_streets() -> None:
    assert business_circle(CITY, DISTRICTS, MIDDLE, 5, 30.0, FRAME) is None


def test_there_is_no_circle_where_it_would_fall_apart() -> None:
    """Two streets of 4 km2 with a corridor of 390 m between them are drawn in by 240 m."""
    corridor = shapely.box(113.62, SOUTH, 113.64, SOUTH + 0.0035)
    streets = [street(0, 0), corridor, shapely.box(113.64, SOUTH, 113.66, SOUTH + 0.02)]
    place = (WEST + 0.01, SOUTH + 0.01)
    assert business_circle(streets, ["a", "b", "c"], place, 3, 4.7, FRAME) is None


def test_shared_edges_get_the_same_vertices_on_both_sides() -> None:
    left, right = street(0, 0), street(1, 0)
    slanted = shapely.Polygon([(WEST + 0.02, SOUTH), (WEST + 0.03, SOUTH - 0.01), (WEST, SOUTH)])
    outlines = {"1": left, "2": right, "3": slanted, "4": left.reverse()}
    rings = shared_rings(outlines, 30.0, FRAME)
    corners = {code: {tuple(p) for p in ring.tolist()} for code, ring in rings.items()}
    assert corners["1"] == corners["4"]
    assert len(corners["1"] & corners["2"]) == 76
    assert len(corners["1"] & corners["3"]) > 60
    steps = rings["3"] - np.roll(rings["3"], 1, axis=0)
    assert np.hypot(*FRAME.metric(steps).T).max() <= FRAME.units(30.0) + 1.5


def test_the_first_seed_that_succeeds_is_kept() -> None:
    def second(rng: np.random.Generator) -> Points:
        tried.append(rng.random())
        if len(tried) < 2:
            raise SplitError("too narrow")
        return np.zeros((0, 2))

    tried: list[float] = []
    assert len(first_success(second, np.random.SeedSequence(1))) == 0
    assert len(set(tried)) == 2


def test_ground_too_narrow_for_every_seed_is_an_error() -> None:
    def never(rng: np.random.Generator) -> Points:
        raise SplitError("too narrow")

    with pytest.raises(SplitError, match="too narrow"):
        first_success(never, np.random.SeedSequence(1))
