"""Who gets a face that nobody, or more than one, claims: the rules of a repair.

A defect is judged as a whole, and is narrow when no disc of the limit's diameter fits into it; a
wider one is left as it is.

- gap: goes to the neighbour with the longest common border;
- overlap: stays with the one of its claimants that has the longest common border on its own ground;
- outside_parent: ground beyond the outline is given up;
- island: a crumb that a settled overlap cut off from the rest of its unit, narrower than the larger
  limit and smaller than its square, goes to the neighbour with the longest common border.

Borders are compared to the millimetre; among equals the lowest code (byte order) wins. A unit never
loses all its ground to an overlap. Slivers below a centimetre count as narrow under any limit.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.authalic import authalic_areas_m2
from gridgeo.geometry.faces import Borders, Edges, Faces, Indexes, borders_m, is_narrow

FaultKind = Literal["gap", "overlap", "outside_parent", "island"]

FINEST_M = 0.01
_CRUMB_M = 0.1


@dataclass(frozen=True)
class Limits:
    """Diameters in metres up to which a defect is closed."""

    max_gap_m: float
    max_overlap_m: float

    def of(self, kind: FaultKind) -> float:
        """Return the limit for a kind of defect."""
        given = {"gap": self.max_gap_m, "overlap": self.max_overlap_m}
        wider = max(self.max_gap_m, self.max_overlap_m)
        limit = wider if kind == "island" else given.get(kind, self.max_overlap_m)
        return max(limit, FINEST_M)


@dataclass(frozen=True)
class Scope:
    """Whose ground is in question: positions of the polygons to repair, their rank by code.

    `outline` is the position of the outline among the polygons that cover, None without one.
    """

    chosen: frozenset[int]
    rank: Mapping[int, int]
    outline: int | None

    def claimants(self, cover: Indexes) -> Indexes:
        """Return the polygons to repair among those that cover a face."""
        return tuple(i for i in cover if i in self.chosen)

    def fault(self, cover: Indexes) -> FaultKind | None:
        """Return what is wrong with a face covered by these polygons; None if nothing is."""
        wanted = self.outline is None or self.outline in cover
        covered = any(i != self.outline for i in cover)
        if not covered:
            return "gap" if wanted else None
        claimants = self.claimants(cover)
        if claimants and not wanted:
            return "outside_parent"
        return "overlap" if len(claimants) > 1 else None


@dataclass
class Settled:
    """Owners by face after the rules.

    `owner` holds the one owner of a face; a face that is in `wide` is left to all its claimants;
    all others belong to nobody here. `faults` names what each settled face was.
    """

    owner: dict[int, int] = field(default_factory=dict)
    faults: dict[int, FaultKind] = field(default_factory=dict)
    wide: set[int] = field(default_factory=set)


def narrow_faults(
    faces: Faces, scope: Scope, limits: Limits
) -> tuple[dict[int, FaultKind], set[int]]:
    """Return the faulty faces that are narrow, with their kind, and those that are wide."""
    faults = {
        f: kind for f, cover in enumerate(faces.cover) if (kind := scope.fault(cover)) is not None
    }
    narrow: dict[int, FaultKind] = {}
    kinds: tuple[FaultKind, ...] = ("gap", "overlap", "outside_parent")
    for kind in kinds:
        own = [f for f in faults if faults[f] == kind]
        fits = is_narrow(faces.at(own), limits.of(kind))
        narrow.update((f, kind) for f, yes in zip(own, fits.tolist(), strict=True) if yes)
    return narrow, set(faults) - set(narrow)


def settle(faces: Faces, edges: Edges, scope: Scope, limits: Limits) -> Settled:
    """Give every narrow faulty face to one owner, or to nobody, by the rules above."""
    narrow, wide = narrow_faults(faces, scope, limits)
    settled = Settled(faults=narrow, wide=wide)
    for f, cover in enumerate(faces.cover):
        claimants = scope.claimants(cover)
        if len(claimants) == 1 and f not in narrow and f not in wide:
            settled.owner[f] = claimants[0]
    needles = _needles(faces)
    near = edges.of(_mask(len(faces.cover), {*narrow, *needles}))
    borders = borders_m(edges.of(_mask(len(faces.cover), {*near.one, *near.other})))
    _keep_everyone(faces, scope, settled)
    _spread(faces, scope, settled, borders)
    _take_islands(faces, scope, settled, borders, limits, needles)
    return settled


def _mask(size: int, chosen: Iterable[int]) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=np.bool_)
    mask[list(chosen)] = True
    return mask


def _needles(faces: Faces) -> set[int]:
    """Faces below a decimetre: snap rounding may have pinched them off, or made them."""
    degrees = _CRUMB_M / 90_000.0
    thin = np.flatnonzero(2 * shapely.area(faces.shapes) < degrees * shapely.length(faces.shapes))
    return set(thin.tolist())


def _keep_everyone(faces: Faces, scope: Scope, settled: Settled) -> None:
    """Leave a narrow overlap to a claimant that has no other ground."""
    grounded = set(settled.owner.values())
    grounded.update(i for f in settled.wide for i in scope.claimants(faces.cover[f]))
    disputed = [f for f, kind in settled.faults.items() if kind == "overlap"]
    for f in sorted(disputed, key=lambda f: (-float(shapely.area(faces.shapes[f])), f)):
        poor = [i for i in scope.claimants(faces.cover[f]) if i not in grounded]
        if poor:
            settled.owner[f] = min(poor, key=lambda i: scope.rank[i])
            grounded.add(settled.owner[f])


def _spread(faces: Faces, scope: Scope, settled: Settled, borders: Borders) -> None:
    """Settle gaps and overlaps from their settled neighbours inward, ring by ring."""
    wanting = {f for f, kind in settled.faults.items() if kind != "outside_parent"}
    wanting -= settled.owner.keys()
    while wanting:
        found = {f: _nearest_owner(f, faces, scope, settled, borders) for f in sorted(wanting)}
        reached = {f: owner for f, owner in found.items() if owner is not None}
        if not reached:
            break
        settled.owner.update(reached)
        wanting -= reached.keys()
    for f in wanting:
        if settled.faults[f] == "overlap":
            settled.owner[f] = min(scope.claimants(faces.cover[f]), key=lambda i: scope.rank[i])
        else:
            settled.wide.add(f)
            del settled.faults[f]


def _nearest_owner(
    f: int, faces: Faces, scope: Scope, settled: Settled, borders: Borders
) -> int | None:
    """Return the settled neighbour, of the claimants if there are any, with the longest border."""
    claimants = scope.claimants(faces.cover[f])
    metres = _metres_by_owner([f], settled, borders)
    able = [owner for owner in metres if not claimants or owner in claimants]
    return _longest(metres, able, scope)


def _metres_by_owner(piece: Iterable[int], settled: Settled, borders: Borders) -> dict[int, float]:
    metres: dict[int, float] = {}
    for f in piece:
        for g, length in borders[f].items():
            if g in settled.owner:
                metres[settled.owner[g]] = metres.get(settled.owner[g], 0.0) + length
    return metres


def _longest(metres: Mapping[int, float], able: Iterable[int], scope: Scope) -> int | None:
    return min(able, key=lambda i: (-round(metres[i], 3), scope.rank[i]), default=None)


def _take_islands(
    faces: Faces, scope: Scope, settled: Settled, borders: Borders, limits: Limits,
    needles: set[int],
) -> None:  # fmt: skip
    """Give away small pieces that lost their connection to their unit."""
    main, limit_m = _largest(faces, settled), limits.of("island")
    for piece in list(_pieces(settled, borders)):
        owner, crumbs = settled.owner[piece[0]], faces.at(piece)
        if main[owner] in piece or not _is_cut_off(piece, faces, settled, borders, needles):
            continue
        if authalic_areas_m2(crumbs).sum() > limit_m**2 or not is_narrow(crumbs, limit_m).all():
            continue
        metres = _metres_by_owner(piece, settled, borders)
        taker = _longest(metres, metres.keys() - {owner}, scope)
        if taker is not None:
            settled.owner.update(dict.fromkeys(piece, taker))
            for f in piece:
                settled.faults.setdefault(f, "island")


def _pieces(settled: Settled, borders: Borders) -> Iterator[list[int]]:
    """Faces of one owner that hang together by edges, among those whose borders are known."""
    seen: set[int] = set()
    for first in sorted(settled.owner.keys() & borders.keys()):
        piece, todo = [], [] if first in seen else [first]
        while todo:
            f = todo.pop()
            if f not in seen:
                seen.add(f)
                piece.append(f)
                todo.extend(g for g in borders[f] if settled.owner.get(g) == settled.owner[f])
        if piece:
            yield piece


def _largest(faces: Faces, settled: Settled) -> dict[int, int]:
    """Return the largest face of each owner."""
    area = shapely.area(faces.shapes)
    main: dict[int, int] = {}
    for f, owner in settled.owner.items():
        if owner not in main or area[f] > area[main[owner]]:
            main[owner] = f
    return main


def _is_cut_off(
    piece: list[int], faces: Faces, settled: Settled, borders: Borders, needles: set[int]
) -> bool:
    """Whether a piece was connected to its unit before the rules, or the claim is uncertain."""
    owner = settled.owner[piece[0]]
    held = {g for f in piece for g in borders[f] if owner in faces.cover[g]} - set(piece)
    if not held.isdisjoint(settled.wide):
        return False
    return bool(held) or not needles.isdisjoint(piece)
