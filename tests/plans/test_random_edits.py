"""The laws of a plan under any edits: a coverage, ground and households kept, all undone again.

No database: the map is in memory. `make test-full` draws 10,000 edits on the small city.
"""

from collections import Counter

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from memory_map import MemoryMap, units_of
from random_planner import KINDS, RandomPlanner

from gridgeo import synth
from gridgeo.cli.city_files import read_district, read_profile
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.lattice import on_lattice
from gridgeo.geometry.measure import ellipsoid_area_m2
from gridgeo.geometry.segments import directed_segments, shape_array, unpack
from gridgeo.plans.model import Change
from gridgeo.settings import ROOT
from gridgeo.units.lineage import lineage_rows
from gridgeo.units.model import check_city

CENTIMETRE = 0.01
BROKEN_COVERAGE = {"gap", "overlap", "unmatched_edge", "invalid"}


def doubled_area(shapes):
    """Twice the area of polygons in lattice units, exact: a whole number below 2 ** 63."""
    segments = directed_segments(shape_array(shapes))
    origin = np.array([[1_136_000_000, 347_000_000]])
    a, b = unpack(segments.start) - origin, unpack(segments.end) - origin
    return int((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())


def leaves_of(units):
    """Shapes of the leaves among units by code."""
    return [unit.shape for unit in units.values() if unit.is_leaf]


def outline_m(shape):
    """Length of an outline in metres, by the square degree at the place: to half a percent."""
    lat = np.radians(shape.centroid.y)
    scaled = shapely.transform(shape, lambda xy: xy * (np.cos(lat), 1.0) * 111_195.0)
    return scaled.length


class Planning(RuleBasedStateMachine):
    """One plan, edit after edit; `base` is set by the test that runs it."""

    base: MemoryMap
    drawn: Counter
    refused: Counter

    @initialize()
    def open_plan(self):
        self.plan = self.base.plan()
        self.changes = []
        self.before = units_of(self.plan)
        self.fresh = True

    @rule(kind=st.sampled_from(KINDS), seed=st.integers(0, 2**32 - 1))
    def draw(self, kind, seed):
        self.fresh = False
        try:
            after = self.plan.after(RandomPlanner(self.plan, seed).edit(kind))
        except EditRefused as refused:
            assert refused.kind not in BROKEN_COVERAGE or kind in ("move_vertex", "replace")
            assert refused.message and np.isfinite([refused.lon, refused.lat]).all()
            self.refused[kind] += 1
            return
        self.changes.append(~self.plan.done + after.done)
        self.before, self.plan = units_of(self.plan), after
        self.drawn[kind] += 1
        self.fresh = True

    @precondition(lambda self: self.fresh)
    @invariant()
    def laws_hold(self):
        units = units_of(self.plan)
        assert check_city(units, self.base.profile) == []
        self.ground_is_kept()
        self.households_are_kept(units)
        self.lineage_sums_to_one()

    def ground_is_kept(self):
        change = self.changes[-1].units if self.changes else Delta()
        old, new = leaves_of(change.old), leaves_of(change.new)
        assert on_lattice(shapely.get_coordinates(new)).all()
        before, root = change.old.get(self.base.root.code), self.plan.root
        outlines = [root.shape if before is None else before.shape, root.shape]
        gained = doubled_area(new) - doubled_area(old)
        assert gained == doubled_area(outlines[1:]) - doubled_area(outlines[:1])
        # A node on the outline moves it by less than a centimetre, and nothing else can.
        first = self.base.root.shape
        moved_m2 = abs(ellipsoid_area_m2(root.shape) - ellipsoid_area_m2(first))
        assert moved_m2 <= CENTIMETRE * outline_m(first)

    def households_are_kept(self, units):
        total = sum(unit.households for unit in self.base.units.values() if unit.is_leaf)
        below = Counter()
        for unit in units.values():
            below[unit.parent_code] += unit.households
        assert sum(unit.households for unit in units.values() if unit.is_leaf) == total
        assert all(below[u.code] == u.households for u in units.values() if not u.is_leaf)

    def lineage_sums_to_one(self):
        if not self.changes:
            return
        change = self.changes[-1].units
        ids = {code: number for number, code in enumerate(change.codes)}
        rows = lineage_rows(2, change, ids, Planar(self.base.profile.planar_srid))
        shares = Counter()
        for row in rows:
            shares[row["from_unit_id"]] += row["area_share"]
        assert all(abs(share - 1) < 1e-9 for share in shares.values())

    def teardown(self):
        if not hasattr(self, "plan"):
            return
        state, grids = units_of(self.plan), self.plan.done.exclusive.apply(self.base.exclusive)
        for change in reversed(self.changes):
            state = (~change.units).apply(state)
            grids = (~change.exclusive).apply(grids)
        assert state == self.base.units
        assert grids == self.base.exclusive
        assert sum(self.changes, Change()) == self.plan.done
        assert not self.plan.done + ~self.plan.done


def run(base, plans, edits):
    """Draw plans of some edits each; returns how many edits were drawn and refused, by kind."""
    machine = type("Machine", (Planning,), {"base": base, "drawn": Counter(), "refused": Counter()})
    machine.TestCase.settings = settings(
        max_examples=plans, stateful_step_count=edits, deadline=None, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    machine.TestCase("runTest").runTest()
    return machine.drawn, machine.refused


def test_any_edits_keep_the_laws_and_undo_to_the_first_map():
    base = MemoryMap.of(synth.tiny_city(seed=1))
    drawn, refused = run(base, plans=8, edits=50)
    while drawn.total() + refused.total() < 300:
        more = run(base, plans=1, edits=50)
        drawn, refused = drawn + more[0], refused + more[1]
    assert set(drawn) | set(refused) == set(KINDS)
    assert drawn.total() > refused.total()


@pytest.mark.full
def test_ten_thousand_edits_of_the_small_city_keep_the_laws():
    outline, divisions = read_district(ROOT / "data", read_profile(ROOT / "data"))
    base, drawn = MemoryMap.of(synth.city(1, outline, divisions)), Counter()
    while drawn.total() < 10_000:
        drawn += run(base, plans=4, edits=100)[0]
    assert set(drawn) == set(KINDS)
