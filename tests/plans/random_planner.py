"""Edits as a planner might make them, by chance, on whatever map there is."""

from functools import cached_property

import numpy as np
import shapely
from memory_map import units_of
from shapely import LineString
from shapely.affinity import rotate, scale

from gridgeo.geometry.edits.move_vertex import MoveVertex
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.edits import borders, create, exclusive, tree
from gridgeo.plans.edits.merge import Merge
from gridgeo.plans.edits.retire import Retire
from gridgeo.plans.edits.split import Split
from gridgeo.plans.model import Edit, PlanMap, Reshape
from gridgeo.plans.redraw import Redraw
from gridgeo.units.model import Unit


class RandomPlanner:
    """Draws an edit of a kind on a map, all chances taken from one seed."""

    def __init__(self, plan: PlanMap, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._plan = plan
        self._units = units_of(plan)
        self._leaves = [u for c, u in sorted(self._units.items()) if u.is_leaf]

    def edit(self, kind: str) -> Edit:
        return getattr(self, kind)()

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree([leaf.shape for leaf in self._leaves])

    def _leaf(self) -> Unit:
        return self._leaves[self._rng.integers(len(self._leaves))]

    def _pair(self) -> tuple[Unit, Unit]:
        """A leaf and one that shares a border with it."""
        one = self._leaf()
        hits = self._tree.query(one.shape, predicate="intersects")
        near = [
            self._leaves[i] for i in sorted(hits.tolist())
            if self._leaves[i].shape.intersection(one.shape).length > 0
            and self._leaves[i].code != one.code
        ]  # fmt: skip
        return one, near[self._rng.integers(len(near))]

    def _border(self, one: Unit, other: Unit) -> LineString:
        line = shapely.line_merge(one.shape.intersection(other.shape))
        return max(shapely.get_parts(line), key=shapely.length)

    def _cut(self, shape: shapely.Geometry) -> LineString:
        """A line across a shape, with a bend in it."""
        middle = shapely.get_coordinates(shape.representative_point())[0]
        angle = self._rng.uniform(0, np.pi)
        way = np.array([np.cos(angle), np.sin(angle)]) * 0.05
        bend = middle + self._rng.uniform(-1e-5, 1e-5, 2)
        return LineString([middle - way, bend, middle + way])

    def _blob(self, around: shapely.Geometry, size: float) -> shapely.Polygon:
        angles = np.sort(self._rng.uniform(0, 2 * np.pi, 9))
        radii = size * self._rng.uniform(0.6, 1.0, 9)
        xy = np.column_stack((np.cos(angles), np.sin(angles))) * radii[:, None]
        middle = shapely.get_coordinates(around.representative_point())[0]
        return shapely.Polygon(xy + middle).buffer(0)

    def move_vertex(self) -> Edit:
        corners = shapely.get_coordinates(self._leaf().shape)
        at = corners[self._rng.integers(len(corners))]
        to = at + self._rng.uniform(-2e-5, 2e-5, 2)
        return Reshape(MoveVertex(tuple(at.tolist()), tuple(to.tolist())))

    def split(self) -> Edit:
        leaf = self._leaf()
        return Split(
            leaf.code, [self._cut(leaf.shape) for _ in range(self._rng.integers(1, 3))], 0.5
        )

    def merge(self) -> Edit:
        one, other = self._pair()
        return Merge((one.code, other.code))

    def merge_above(self) -> Edit:
        one, other = self._pair()
        return Merge((one.parent_code, other.parent_code))

    def transfer(self) -> Edit:
        giver, taker = self._pair()
        middle = self._border(giver, taker).interpolate(self._rng.uniform(0, 1), normalized=True)
        return borders.Transfer(giver.code, taker.code, self._blob(middle, 2e-4), 0.5)

    def reshape(self) -> Edit:
        one, other = self._pair()
        line = self._border(one, other)
        ends = [line.interpolate(x, normalized=True) for x in sorted(self._rng.uniform(0, 1, 2))]
        bend = line.interpolate(0.5, normalized=True)
        aside = (bend.x + self._rng.uniform(-1e-4, 1e-4), bend.y + self._rng.uniform(-1e-4, 1e-4))
        way = LineString([ends[0].coords[0], aside, ends[1].coords[0]])
        return borders.Reshape((one.code, other.code), way, 0.5)

    def snap_border(self) -> Edit:
        one, other = self._pair()
        line = self._border(one, other)
        turned = rotate(line.simplify(2e-4), self._rng.uniform(-8, 8), origin="centroid")
        return borders.Snap((one.code, other.code), scale(turned, 1.2, 1.2), 8.0)

    def reparent(self) -> Edit:
        one, other = self._pair()
        return tree.Reparent([one.code], other.parent_code)

    def rename(self) -> Edit:
        unit = self._units[sorted(self._units)[self._rng.integers(len(self._units))]]
        return tree.Rename(unit.code, f"名{self._rng.integers(1_000_000)}")

    def recode(self) -> Edit:
        leaf = self._leaf()
        code = leaf.code if self._rng.uniform() < 0.7 else leaf.parent_code
        return tree.Recode(code)

    def create(self) -> Edit:
        return create.CreateLeaf(Drawn(shape=self._blob(self._leaf().shape, 4e-4)), 0.5)

    def create_above(self) -> Edit:
        one, other = self._pair()
        return create.CreateAbove(Drawn(), [one.code, other.code])

    def retire(self) -> Edit:
        one, other = self._pair()
        return Retire(one.code, [[], [other.code]][self._rng.integers(2)])

    def replace(self) -> Edit:
        leaf = self._leaf()
        shape = leaf.shape
        pieces = shapely.get_parts(shapely.union_all([shape.boundary, self._cut(shape)]))
        faces = [
            f for f in shapely.polygonize(pieces).geoms if shape.contains(f.representative_point())
        ]
        return Redraw([Drawn(leaf.code, faces[0]), *(Drawn(shape=face) for face in faces[1:])])

    def _exclusive(self) -> str:
        done = self._plan.done.exclusive
        there = {**self._plan.base.exclusive, **done.new}
        codes = sorted(code for code in there if code in done.new or code not in done.old)
        return codes[self._rng.integers(len(codes))] if codes else "none"

    def create_exclusive(self) -> Edit:
        return exclusive.CreateExclusive("站", "hub", self._blob(self._leaf().shape, 6e-4))

    def edit_exclusive(self) -> Edit:
        return exclusive.EditExclusive(
            self._exclusive(), shape=self._blob(self._leaf().shape, 6e-4)
        )

    def retire_exclusive(self) -> Edit:
        return exclusive.RetireExclusive(self._exclusive())


KINDS = (
    "move_vertex", "split", "merge", "merge_above", "transfer", "reshape", "snap_border",
    "reparent", "rename", "recode", "create", "create_above", "retire", "replace",
    "create_exclusive", "edit_exclusive", "retire_exclusive",
)  # fmt: skip
