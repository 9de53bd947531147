"""Twelve real districts as a map vendor might send them: GCJ-02, two crossed rings, eight gaps."""

import json
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.geometry.coverage import check_coverage
from gridgeo.geometry.crs import to_wgs84
from gridgeo.geometry.datum import wgs84_to_gcj02
from gridgeo.geometry.repair import repair
from gridgeo.geometry.rings import map_rings
from gridgeo.settings import ROOT

GAP_DEPTHS_M = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
M = 1 / 111_195.0


def districts():
    text = (ROOT / "data" / "zhengzhou_districts.geojson").read_text(encoding="utf-8")
    features = json.loads(text)["features"]
    return {f["properties"]["code"]: shape(f["geometry"]) for f in features}


def shifted(geometry, change):
    return shapely.transform(geometry, lambda xy: np.column_stack(change(xy[:, 0], xy[:, 1])))


def edges_by_use(units):
    """Undirected edges with the codes of the units that have them, in order."""
    users = {}
    for code, unit in units.items():
        for part in shapely.get_parts(unit):
            xy = [tuple(p) for p in shapely.get_coordinates(part.exterior).tolist()]
            for a, b in pairwise(xy):
                users.setdefault((min(a, b), max(a, b)), []).append(code)
    return users


def with_points(unit, edge, offsets):
    """A unit with points put into an edge: (share along it, metres to its right) each."""

    def insert(ring):
        points = [tuple(p) for p in ring.tolist()]
        for k, (a, b) in enumerate(pairwise(points)):
            if (min(a, b), max(a, b)) == edge:
                return np.array([*points[: k + 1], *placed(a, b), *points[k + 1 :]])
        return ring

    def placed(a, b):
        (ax, ay), (bx, by) = a, b
        dx, dy = bx - ax, by - ay
        length = np.hypot(dx, dy)
        return [
            (ax + s * dx + dy / length * m * M, ay + s * dy - dx / length * m * M)
            for s, m in offsets
        ]

    return map_rings(unit, insert)


@pytest.fixture(scope="module")
def vendor_file():
    """The districts in GCJ-02 by code, with eight gaps and two crossed rings."""
    units = {
        code: shapely.orient_polygons(shifted(unit, wgs84_to_gcj02))
        for code, unit in districts().items()
    }
    users = edges_by_use(units)
    shared = [edge for edge, codes in users.items() if len(codes) == 2]
    outer = [edge for edge, codes in users.items() if len(codes) == 1]
    for edge, depth_m in zip(shared[5 :: len(shared) // 8], GAP_DEPTHS_M, strict=False):
        code = users[edge][0]
        units[code] = with_points(units[code], edge, [(0.5, -depth_m)])
    for edge in (outer[0], outer[-1]):
        code = users[edge][0]
        units[code] = with_points(units[code], edge, [(0.6, 3), (0.6, -3), (0.4, 3)])
    return units


@pytest.fixture(scope="module")
def repaired(vendor_file):
    degrees = [shifted(u, lambda x, y: to_wgs84(x, y, "gcj02")) for u in vendor_file.values()]
    return repair(degrees, list(vendor_file), max_gap_m=10, max_overlap_m=10)


def test_the_file_is_as_bad_as_announced(vendor_file):
    assert len(vendor_file) == 12
    assert sum(not shapely.is_valid(unit) for unit in vendor_file.values()) == 2


def test_twelve_districts_in_gcj02_become_a_coverage(repaired, vendor_file):
    codes = list(vendor_file)
    assert repaired.problems == []
    assert check_coverage(repaired.polygons, codes) == []
    assert len(repaired.mended) == 2


def test_each_gap_is_in_the_ledger_with_place_and_size(repaired):
    gaps = [row for row in repaired.ledger if row.kind == "gap" and row.area_m2 > 10]
    assert len(gaps) == 8
    assert all(row.from_code is None and row.to_code == row.holder for row in gaps)
    assert Counter(row.kind for row in repaired.ledger).keys() <= {"gap", "overlap", "noding"}


def test_the_districts_books_balance(repaired, vendor_file):
    before = authalic_areas_m2(np.array(repaired.cleaned, dtype=object))
    after = authalic_areas_m2(np.array(repaired.polygons, dtype=object))
    for i, code in enumerate(vendor_file):
        gained = sum(row.area_m2 for row in repaired.ledger if row.to_code == code)
        lost = sum(row.area_m2 for row in repaired.ledger if row.from_code == code)
        assert after[i] == pytest.approx(before[i] + gained - lost, abs=0.01)


def test_the_districts_are_back_where_they_were(repaired, vendor_file):
    real = districts()
    for code, unit in zip(vendor_file, repaired.polygons, strict=True):
        assert shapely.hausdorff_distance(unit, real[code]) < 12 * M
