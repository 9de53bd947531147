"""The law of coverage: no gap, no overlap, no unmatched edge; each unit the union of its children.

In a perfect coverage every boundary segment is met twice, in opposite directions, or lies on the
outline. Segments are matched by sorting; only what does not match needs geometry (`defects.py`).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.borders import Borders, read_borders
from gridgeo.geometry.defects import Expectation, find_defects
from gridgeo.geometry.lattice import invalid_place
from gridgeo.geometry.measure import ellipsoid_area_m2
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.segments import Shape, net_segments, shape_array
from gridgeo.geometry.union import union_on_lattice

__all__ = [
    "Problem",
    "check_contiguous",
    "check_coverage",
    "check_nesting",
    "net_segments",
    "same_cover",
    "union_on_lattice",
]


def check_coverage(
    polygons: Sequence[Shape], codes: Sequence[str], outline: Shape | None = None
) -> list[Problem]:
    """Every defect of a set of polygons that should cover its ground exactly once.

    Parameters
    ----------
    polygons
        In degrees.
    codes
        One for each polygon; problems name them.
    outline
        What is to be covered, in degrees. Without one, every hole of the set is a gap.

    Returns
    -------
    Problems sorted by kind, codes and place: invalid, gap, overlap, unmatched_edge, outside_parent.
    With an outline the list is empty exactly when the polygons are valid, on the lattice, and cover
    the outline once, every corner on an edge being a vertex of that edge. Without one, a defect
    thinner than the doubles can draw (some 1e-9 m) may pass.

    Raises
    ------
    InvalidShape
        When something is no polygon, or is empty.
    """
    shapes, names = shape_array(polygons), list(codes)
    reference = shape_array([] if outline is None else [outline])
    return _defects(shapes, names, Expectation(reference, "outside_parent"))


def check_nesting(
    parent_polygon: Shape,
    parent_code: str,
    children: Sequence[Shape],
    child_codes: Sequence[str],
) -> list[Problem]:
    """Every defect that keeps a unit from being exactly the union of its children.

    All in degrees; the problems name the parent first, then the children concerned.
    """
    found = check_coverage(children, child_codes, parent_polygon)
    return [
        Problem(p.kind, (parent_code, *p.codes), p.lon, p.lat, p.message, p.size_m, p.area_m2)
        for p in found
    ]


def same_cover(
    old_polygons: Sequence[Shape],
    new_polygons: Sequence[Shape],
    codes: Sequence[str] | None = None,
) -> list[Problem]:
    """Every defect that a local edit makes: the new polygons must cover the ground of the old.

    When each new polygon is valid and the net segments are equal, the two sums of polygons have the
    same jumps, so they are equal, and a coverage around them stays one.

    Parameters
    ----------
    old_polygons, new_polygons
        In degrees; the old ones cover their ground once.
    codes
        One for each new polygon; by default its position.

    Returns
    -------
    Problems as of `check_coverage`; ground that the old ones did not cover is an overlap.
    """
    shapes = shape_array(new_polygons)
    names = [str(i) for i in range(len(shapes))] if codes is None else list(codes)
    return _defects(shapes, names, Expectation(shape_array(old_polygons), "overlap"))


def _defects(shapes: NDArray[np.object_], codes: list[str], expected: Expectation) -> list[Problem]:
    borders = read_borders(shapes)
    asked = np.flatnonzero(~borders.simple)
    crossed = asked[~shapely.is_valid(shapes[asked])]
    everyone = np.ones(len(shapes), dtype=np.bool_)
    invalid = invalid_units(shapes, codes, borders, crossed, everyone)
    return invalid + find_defects(shapes, codes, expected, borders.segments)


def check_contiguous(polygons: Sequence[Shape], codes: Sequence[str]) -> list[Problem]:
    """One `not_contiguous` problem for each part of a unit apart from its largest one."""
    pairs = zip(shape_array(polygons), codes, strict=True)
    return [problem for shape, code in pairs for problem in _exclaves(shape, code)]


def _exclaves(shape: Shape, code: str) -> Iterable[Problem]:
    parts = sorted(shapely.get_parts(shape), key=lambda part: -part.area)
    for part in parts[1:]:
        size = ellipsoid_area_m2(part)
        place = part.point_on_surface()
        message = f"{size:.3f} m2 are cut off from the rest of the unit"
        yield Problem("not_contiguous", (code,), place.x, place.y, message, area_m2=size)


def invalid_units(
    shapes: NDArray[np.object_],
    codes: list[str],
    borders: Borders,
    crossed: NDArray[np.int64],
    among: NDArray[np.bool_],
) -> list[Problem]:
    """One `invalid` problem for each polygon that GEOS calls so, and for each off the lattice.

    `crossed` are the positions of the first kind; `among` masks the polygons to speak of.
    """
    return [
        Problem("invalid", (codes[i],), lon, lat, reason, area_m2=ellipsoid_area_m2(shapes[i]))
        for i in crossed[among[crossed]]
        for reason, lon, lat in [invalid_place(shapes[i])]
    ] + [
        _off_lattice_problem(shapes[i], codes[i], place)
        for i, place in zip(borders.off_owner.tolist(), borders.off_place, strict=True)
        if among[i]
    ]


def _off_lattice_problem(shape: Shape, code: str, place: NDArray[np.float64]) -> Problem:
    message = "a vertex is not on the lattice of 1e-7 degrees"
    size = ellipsoid_area_m2(shape)
    lon, lat = place.tolist()
    return Problem("invalid", (code,), lon, lat, message, area_m2=size)
