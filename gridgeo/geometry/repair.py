"""Repair: turn messy polygons into an exact coverage, with a ledger of what changed owner.

Only what is dirty is touched: segments that no neighbour matches lead to the polygons concerned,
their borders are noded together into faces, and the faces that nobody, or more than one, claims are
settled by the rules in `settling.py`. What is wider than the limits is left, and reported.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString

from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.geometry.coverage import check_contiguous, check_coverage
from gridgeo.geometry.faces import Cover, Edges, Faces, Indexes, cut_faces, shared_edges
from gridgeo.geometry.gap_cuts import gap_cuts
from gridgeo.geometry.mending import mend
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.segments import (
    Segments,
    Shape,
    as_lines,
    directed_segments,
    joined,
    unmatched,
    unpack,
)
from gridgeo.geometry.settling import Limits, Scope, Settled, settle
from gridgeo.geometry.union import union_on_lattice

LedgerKind = Literal["gap", "overlap", "outside_parent", "island", "noding"]

_ROUNDS = 6
_LEAST_M2 = 1e-4


@dataclass(frozen=True)
class LedgerRow:
    """Ground that changed owner.

    Parameters
    ----------
    kind
        gap: nobody's ground given to a neighbour; overlap: ground claimed twice that one claimant
        gave up; outside_parent: ground beyond the outline; island: a crumb cut off from its unit;
        noding: a border that moved by less than a lattice step to meet a corner.
    from_code, to_code
        Who lost and who gained the area; None is nobody.
    area_m2
        On the ellipsoid.
    lon, lat
        A point of the ground, in degrees; for noding a point of the unit.
    holder
        Who owns the ground now; for an overlap the claimant that kept it.
    """

    kind: LedgerKind
    from_code: str | None
    to_code: str | None
    area_m2: float
    lon: float
    lat: float
    holder: str | None = None


@dataclass(frozen=True)
class Repaired:
    """The result of a repair.

    Parameters
    ----------
    polygons
        In the order of the input, on the lattice; empty for a unit without any ground.
    ledger
        For each code: area in `polygons` = area in `cleaned` + rows to it - rows from it.
    problems
        What is still wrong: defects wider than the limits, units without ground, units torn apart.
    cleaned
        The input, each polygon by itself made valid and brought to the lattice.
    mended
        What was wrong with the rings of the input: problems of kind `invalid`.
    outline
        The outline with the vertices that its units have on it; None without one.
    """

    polygons: list[Shape]
    ledger: list[LedgerRow]
    problems: list[Problem]
    cleaned: list[Shape]
    mended: list[Problem]
    outline: Shape | None = None


def repair(
    polygons: Sequence[Shape],
    codes: Sequence[str],
    *,
    max_gap_m: float,
    max_overlap_m: float,
    outline: Shape | None = None,
) -> Repaired:
    """Close gaps and overlaps up to a width, node all borders, and account for every square metre.

    Parameters
    ----------
    polygons
        In degrees (WGS84); invalid rings, repeated vertices, any precision.
    codes
        One for each polygon.
    max_gap_m, max_overlap_m
        A gap or overlap is closed when no disc of this diameter fits into it.
    outline
        What is to be covered, in degrees. Without one, holes count as gaps, notches do not.

    Raises
    ------
    InvalidShape
        When something is no polygon.
    NotACoordinate
        When a vertex is no coordinate.
    """
    frame = [] if outline is None else [outline]
    shapes, mended, lost = mend([*polygons, *frame], [*codes, *("" for _ in frame)])
    cleaned, count = shapes.copy(), len(polygons)
    map_ = _Map(shapes, list(codes), Limits(max_gap_m, max_overlap_m), bool(frame))
    any(not map_.improve() for _ in range(_ROUNDS))  # until a round changes nothing
    return Repaired(
        list(shapes[:count]),
        map_.ledger,
        lost + map_.problems(cleaned),
        list(cleaned[:count]),
        mended,
        shapes[-1] if frame else None,
    )


@dataclass
class _Map:
    """Polygons on their way to a coverage; a framed map has its outline as the last of them."""

    shapes: NDArray[np.object_]
    codes: list[str]
    limits: Limits
    framed: bool
    ledger: list[LedgerRow] = field(default_factory=list)

    def improve(self) -> bool:
        """Do one round of repair; return whether any polygon changed."""
        loose = self._unmatched()
        dirty = set(loose.owner.tolist())
        if not dirty:
            return False
        cover = Cover(self.shapes)
        dirty |= self._entered(cover, loose, dirty)
        faces = cut_faces(cover, sorted(dirty))
        while extra := self._also_concerned(cover, faces, dirty):
            dirty |= extra
            faces = cut_faces(cover, sorted(dirty))
        scope = self._scope(dirty)
        edges = shared_edges(faces.shapes)
        settled = settle(faces, edges, scope, self.limits)
        if cuts := self._cuts(faces, edges, settled):
            faces = cut_faces(cover, sorted(dirty), cuts)
            settled = settle(faces, shared_edges(faces.shapes), scope, self.limits)
        return self._take(faces, scope, settled, sorted(dirty))

    def problems(self, cleaned: NDArray[np.object_]) -> list[Problem]:
        """Everything that is still wrong."""
        count = len(self.codes)
        gone = shapely.is_empty(self.shapes[:count])
        live = np.flatnonzero(~gone)
        swallowed = np.flatnonzero(gone & ~shapely.is_empty(cleaned[:count]))
        found = check_coverage(
            list(self.shapes[live]), [self.codes[i] for i in live], self._outline_shape()
        )
        return (
            [_swallowed(cleaned[i], self.codes[i]) for i in swallowed]
            + [self._explained(problem) for problem in found]
            + self._torn(cleaned, live)
        )

    @property
    def _outline(self) -> int | None:
        return len(self.codes) if self.framed else None

    def _outline_shape(self) -> Shape | None:
        return self.shapes[-1] if self.framed and not self.shapes[-1].is_empty else None

    def _unmatched(self) -> Segments:
        """Segments that nobody walks the other way; the outline runs reversed."""
        segments = directed_segments(self.shapes)
        frame = segments.owner == (-1 if self._outline is None else self._outline)
        turned = joined(segments.where(~frame), segments.where(frame).reversed())
        return unmatched(turned)

    def _entered(self, cover: Cover, loose: Segments, dirty: set[int]) -> set[int]:
        """Sound polygons that an unmatched segment runs into: they lie under an overlap."""
        sound = [i for i in range(len(self.codes)) if i not in dirty]
        return cover.entered(as_lines(unpack(loose.start), unpack(loose.end)), sound)

    def _also_concerned(self, cover: Cover, faces: Faces, dirty: set[int]) -> set[int]:
        """Polygons under an overlap that have no unmatched segment themselves."""
        units, known = dirty - {self._outline}, dirty | {self._outline}
        under = [
            f
            for f, found in enumerate(faces.cover)
            if not units.isdisjoint(found) and not known.issuperset(found)
        ]
        return cover.meeting(faces.at(under)) - dirty

    def _scope(self, dirty: set[int]) -> Scope:
        order = sorted(range(len(self.codes)), key=lambda i: (self.codes[i].encode(), i))
        rank = {i: place for place, i in enumerate(order)}
        return Scope(frozenset(dirty - {self._outline}), rank, self._outline)

    def _cuts(self, faces: Faces, edges: Edges, settled: Settled) -> list[LineString]:
        gaps = {f for f, kind in settled.faults.items() if kind == "gap"}
        beside = {f: owner for f, owner in settled.owner.items() if f not in gaps}
        return gap_cuts(faces, edges, gaps, beside, 2 * self.limits.of("gap"))

    def _take(self, faces: Faces, scope: Scope, settled: Settled, dirty: list[int]) -> bool:
        """Replace the dirty polygons by their faces, and enter into the ledger what that moved."""
        before, after = _by_unit(faces, scope, settled)
        areas_m2 = authalic_areas_m2(faces.shapes)
        self._enter_noding(dirty, before, areas_m2)
        self._enter_moves(faces, scope, settled, areas_m2)
        changed = False
        for i in dirty:
            old, new = self.shapes[i], _stitched(faces.at(after[i]))
            if not shapely.equals_identical(shapely.normalize(old), shapely.normalize(new)):
                self.shapes[i] = new
                changed = True
        return changed

    def _enter_noding(
        self, dirty: Iterable[int], before: Mapping[int, list[int]], areas_m2: NDArray[np.float64]
    ) -> None:
        units = [i for i in dirty if i != self._outline]
        old_m2 = authalic_areas_m2(self.shapes[units])
        for i, was_m2 in zip(units, old_m2.tolist(), strict=True):
            grown_m2 = float(areas_m2[before.get(i, [])].sum()) - was_m2
            if abs(grown_m2) >= _LEAST_M2:
                code, at = self.codes[i], self.shapes[i].representative_point()
                ends = (None, code) if grown_m2 > 0 else (code, None)
                row = LedgerRow("noding", ends[0], ends[1], abs(grown_m2), at.x, at.y, code)
                self.ledger.append(row)

    def _enter_moves(
        self, faces: Faces, scope: Scope, settled: Settled, areas_m2: NDArray[np.float64]
    ) -> None:
        moved = sorted(settled.faults)
        places = shapely.get_coordinates(shapely.point_on_surface(faces.at(moved))).tolist()
        for f, (lon, lat) in zip(moved, places, strict=True):
            owner, area_m2 = settled.owner.get(f), float(areas_m2[f])
            for loser, gainer in _moves(scope.claimants(faces.cover[f]), owner):
                ends = self._code(loser), self._code(gainer)
                row = LedgerRow(settled.faults[f], *ends, area_m2, lon, lat, self._code(owner))
                self.ledger.append(row)

    def _code(self, i: int | None) -> str | None:
        return None if i is None else self.codes[i]

    def _explained(self, problem: Problem) -> Problem:
        gap = f"; wider than max_gap_m = {self.limits.max_gap_m:g}"
        overlap = f"; wider than max_overlap_m = {self.limits.max_overlap_m:g}"
        why = {"gap": gap, "overlap": overlap, "outside_parent": overlap}.get(problem.kind, "")
        return replace(problem, message=problem.message + why)

    def _torn(self, cleaned: NDArray[np.object_], live: NDArray[np.int64]) -> list[Problem]:
        """Units of more parts than they came with."""
        parts = shapely.get_num_geometries
        torn = live[parts(self.shapes[live]) > parts(cleaned[live])]
        return check_contiguous(list(self.shapes[torn]), [self.codes[i] for i in torn])


def _swallowed(shape: Shape, code: str) -> Problem:
    at = shape.representative_point()
    return Problem("invalid", (code,), at.x, at.y, "nothing is left of the unit", area_m2=0.0)


def _by_unit(
    faces: Faces, scope: Scope, settled: Settled
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Faces by unit, as covered and as settled; the outline keeps what it covers."""
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for f, cover in enumerate(faces.cover):
        claimants = scope.claimants(cover)
        for i in claimants:
            before[i].append(f)
        owner = settled.owner.get(f)
        for i in claimants if f in settled.wide else () if owner is None else (owner,):
            after[i].append(f)
        if scope.outline is not None and scope.outline in cover:
            after[scope.outline].append(f)
    return before, after


def _moves(claimants: Indexes, owner: int | None) -> list[tuple[int | None, int | None]]:
    """Who lost and who gained a face; a new owner takes it from the first that loses it."""
    losers = [i for i in claimants if i != owner]
    if owner is None or owner in claimants:
        return [(i, None) for i in losers]
    first = losers[0] if losers else None
    return [(first, owner), *((i, None) for i in losers[1:])]


def _stitched(faces: NDArray[np.object_]) -> Shape:
    return faces[0] if len(faces) == 1 else union_on_lattice(list(faces))
