"""Replace some leaves by others on the same ground: a redraw, a split, a merge, or all at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, box

from gridgeo.geometry.coverage import check_coverage, union_on_lattice
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.edits.onto_border import draw_onto
from gridgeo.geometry.errors import CollapsedRing, EditRefused, InvalidShape
from gridgeo.geometry.lattice import invalid_place, snap, to_degrees, to_lattice
from gridgeo.geometry.mending import mend
from gridgeo.geometry.noding import Corner, Insertions, Node, insert_corners, node
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.rings import rings_of_one
from gridgeo.geometry.segments import Shape, directed_segments, pack, shape_array

_MARGIN = 1_000  # lattice units between the ground and the outer edge of the frame around it


class Fitted(NamedTuple):
    """New leaves brought to the lattice and onto the border of their ground.

    Parameters
    ----------
    leaves
        By code; those that are as they were are the old objects.
    insertions
        Corners that the borders of all other shapes need.
    nodes
        The same, each with its place and by how far the border moves there, below 1 cm.
    problems
        What keeps the leaves from covering the ground exactly once.
    """

    leaves: dict[str, Shape]
    insertions: Insertions
    nodes: list[Node]
    problems: list[Problem]


@dataclass(frozen=True)
class Replace:
    """Let new leaves stand on the ground of old ones.

    Parameters
    ----------
    drawn
        The new leaves by code, in degrees, of any precision.
    instead
        Codes of the leaves whose ground they take; one that is not in `drawn` goes.
    above
        The units to be drawn anew as the union of their children, from below up: the codes of
        these children after the edit.
    gone
        Codes of units above the leaves that go.
    noded
        Whether the new leaves come out of `cutting.py`: then they are on the lattice and share
        their borders with each other, and none of their corners is moved.
    """

    drawn: Mapping[str, Shape]
    instead: Collection[str]
    above: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gone: Collection[str] = ()
    noded: bool = False

    def apply(self, shapes: Mapping[str, Shape]) -> Delta[Shape]:
        """Return the change of every shape: leaves, units above them, and neighbours with nodes.

        Parameters
        ----------
        shapes
            By code, in degrees, on the lattice: `instead`, `gone`, the children of all units in
            `above`, and all units, of all levels, that touch the ground, or more.

        Raises
        ------
        EditRefused
            By the first of the problems of `fit`, or `invalid` when a neighbour's border would
            cross itself; `problems` has them all.
        """
        fitted = self.fit(shapes)
        if fitted.problems:
            raise _refusal(fitted.problems)
        leaving = {*self.instead, *self.gone}
        others = {c: s for c, s in shapes.items() if c not in leaving and c not in self.drawn}
        after = {**others, **_noded(others, fitted.insertions), **fitted.leaves}
        for code, children in self.above.items():
            united = union_on_lattice([after[child] for child in children])
            after[code] = _as_before(united, shapes.get(code))
        return Delta.between(shapes, after)

    def fit(self, shapes: Mapping[str, Shape]) -> Fitted:
        """Bring the drawn leaves onto the lattice and the border of their ground, and check them.

        Problems are of the kinds invalid, gap, overlap and outside_parent (ground of others).
        """
        if not self.drawn and not self.instead:
            return Fitted({}, {}, [], [])
        old = [shapes[code] for code in self.instead]
        ground = union_on_lattice(old)
        drawn, problems = (dict(self.drawn), []) if self.noded else _on_lattice(self.drawn)
        problems = problems or _strangers(drawn, ground)
        if problems:
            return Fitted({}, {}, [], problems)
        codes = list(drawn)
        placed = list(drawn.values())
        if not self.noded:
            placed = draw_onto(placed, old, ground)
        problems = [
            _invalid(shape, code, drawn[code])
            for code, shape in zip(codes, placed, strict=True)
            if not _is_sound(shape)
        ]
        if problems:
            return Fitted({}, {}, [], problems)
        frame = _frame(ground)
        try:
            (*leaves, around), nodes = node([*placed, frame])
        except InvalidShape as error:
            return Fitted({}, {}, [], [_crossing(error, ground)])
        insertions = _insertions(frame, around)
        problems = check_coverage(leaves, codes, insert_corners(ground, insertions))
        problems = [self._explained(problem, shapes) for problem in problems]
        return Fitted(
            {c: _as_before(s, shapes.get(c)) for c, s in zip(codes, leaves, strict=True)},
            insertions,
            [each for each in nodes if each.position == len(codes)],
            problems,
        )

    def _explained(self, problem: Problem, shapes: Mapping[str, Shape]) -> Problem:
        """Name the leaf whose ground a gap was, or a spill is: then it is an overlap with it."""
        at = shapely.Point(problem.lon, problem.lat)
        around = {code: s.area for code, s in shapes.items() if s.covers(at)}
        owner = max(around, key=lambda code: (-around[code], code.encode()), default=None)
        if owner is None or problem.kind not in ("gap", "outside_parent"):
            return problem
        if problem.kind == "gap":
            return replace(problem, message=f"{problem.message}; they were {owner}'s")
        codes = tuple(sorted({*problem.codes, owner}, key=str.encode))
        message = f"{problem.area_m2:.3f} m2 are the ground of {owner}, which is not drawn anew"
        return replace(problem, kind="overlap", codes=codes, message=message)


# --- bringing the leaves home ------------------------------------------------------------------


def _on_lattice(drawn: Mapping[str, Shape]) -> tuple[dict[str, Shape], list[Problem]]:
    """Snap valid shapes; one that only its snapping would let cross itself is mended."""
    shapes: dict[str, Shape] = {}
    problems = []
    for code, shape in drawn.items():
        if not shapely.is_valid(shape):
            problems.append(_invalid(shape, code, shape))
            continue
        try:
            shapes[code] = snap(shape)
        except (CollapsedRing, InvalidShape):
            [shapes[code]] = mend([shape], [code]).shapes
            if shapes[code].is_empty:
                problems.append(_invalid(shapes.pop(code), code, shape))
    return shapes, problems


def _strangers(drawn: Mapping[str, Shape], ground: Shape) -> list[Problem]:
    """One problem for each leaf that does not even meet the ground."""
    found = []
    for code, shape in drawn.items():
        if not shape.intersects(ground):
            at = shape.representative_point()
            message = (
                f"{code} lies wholly beyond the ground that is redrawn; is its coordinate system "
                "right, and are lon and lat in this order?"
            )
            found.append(Problem("outside_parent", (code,), at.x, at.y, message))
    return found


def _is_sound(shape: Shape) -> bool:
    return bool(shapely.is_valid(shape)) and not shape.is_empty


def _invalid(shape: Shape, code: str, given: Shape) -> Problem:
    """Return why a shape is invalid; one without ground lies where it was given."""
    if shape.is_empty:
        lon, lat = _place(None, None, given)
        return Problem("invalid", (code,), lon, lat, f"{code}: the polygon holds no ground")
    reason, lon, lat = invalid_place(shape)
    return Problem("invalid", (code,), lon, lat, f"{code}: {reason}")


def _crossing(error: InvalidShape, ground: Shape) -> Problem:
    lon, lat = _place(error.lon, error.lat, ground)
    message = f"with the corners of its neighbours a shape would cross itself: {error.message}"
    return Problem("invalid", (), lon, lat, message)


def _place(lon: float | None, lat: float | None, shape: Shape) -> tuple[float, float]:
    if lon is not None and lat is not None:
        return lon, lat
    x, y = shapely.get_coordinates(shape)[0].tolist()
    return x, y


def _refusal(problems: Sequence[Problem]) -> EditRefused:
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return EditRefused(
        first.kind, first.message + more, lon=first.lon, lat=first.lat, codes=first.codes,
        problems=tuple(problems),
    )  # fmt: skip


def _as_before(shape: Shape, old: Shape | None) -> Shape:
    """Return the old object where only the order of its corners differs."""
    single = (
        shape.geoms[0] if shape.geom_type == "MultiPolygon" and len(shape.geoms) == 1 else shape
    )
    if old is not None and shapely.equals_identical(single.normalize(), old.normalize()):
        return old
    return single


# --- the world outside -------------------------------------------------------------------------


def _frame(ground: Shape) -> Shape:
    """Everything around a ground: its edges are those of the ground, walked the other way."""
    west, south, east, north = to_lattice(ground.bounds).tolist()
    corners = (west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN)
    around = box(*to_degrees(corners).tolist()).difference(ground)
    assert isinstance(around, (Polygon, MultiPolygon))
    return around


def _insertions(before: Shape, after: Shape) -> Insertions:
    """Corners that `after` has more than `before`, by the edge of `before` that they split."""
    found: Insertions = {}
    for old, new in zip(rings_of_one(before), rings_of_one(after), strict=True):
        onward = iter(_corners(new)[1:])
        for a, b in pairwise(_corners(old)):
            between = []
            while (corner := next(onward)) != b:
                between.append(corner)
            if between:
                found[min(a, b), max(a, b)] = between
    return found


def _corners(ring: shapely.Geometry) -> list[Corner]:
    return [(x, y) for x, y in to_lattice(shapely.get_coordinates(ring)).tolist()]


def _noded(shapes: Mapping[str, Shape], insertions: Insertions) -> dict[str, Shape]:
    """Return the shapes that have an edge which is to be split, with their new corners."""
    if not insertions:
        return {}
    codes = list(shapes)
    segments = directed_segments(shape_array(list(shapes.values())))
    ends = pack(np.array(list(insertions), dtype=np.int32).reshape(-1, 2)).reshape(-1, 2)
    met = np.isin(segments.start, ends) & np.isin(segments.end, ends)
    result = {}
    for position in np.unique(segments.owner[met]).tolist():
        code = codes[position]
        result[code] = insert_corners(shapes[code], insertions)
        if not shapely.is_valid(result[code]):
            raise _refusal([_invalid(result[code], code, shapes[code])])
    return result
