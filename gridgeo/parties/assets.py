"""Which assets lie near a point, out to the tolerance of the rules that name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, GeometryType

from gridgeo.geometry.crs import Planar
from gridgeo.parties.model import NearAsset, ResponsibilityRule

STEP = 0.0005
"""Degrees: the width of the bins by which most points are known to have no asset near."""

LEAST_REACH_M = 16.0
"""Bins are made for this reach, and for twice, four times ... as much where rules reach further."""

LEAST_M_PER_DEGREE = 110_000.0
"""Of latitude anywhere; of longitude times the cosine of the latitude."""

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Asset:
    """A lamp, park or road: the words that say what it is, its name, its shape in degrees."""

    kinds: frozenset[str]
    name: str
    shape: Geometry

    def is_meant_by(self, rule: ResponsibilityRule) -> bool:
        """Say whether a rule speaks of it."""
        return rule.asset_kind in self.kinds and rule.asset_name in (None, self.name)


class AssetShapes:
    """Assets in metres, ready to be asked which are near; the same under any rules. Immutable.

    Parameters
    ----------
    assets : sequence of Asset
        In a lasting order, by which assets at one distance are told apart.
    planar : Planar
        The plane in which distances are measured.
    """

    def __init__(self, assets: Sequence[Asset], planar: Planar) -> None:
        self.assets = assets
        self._planar = planar
        self._shapes = planar.project_all([asset.shape for asset in assets])
        self._bins: dict[float, Bins] = {}

    def binned(self, reach_m: float) -> "Bins":
        """Return the bins for a reach; the first of those that need as wide ones makes them."""
        wide_m = LEAST_REACH_M
        while wide_m < reach_m:
            wide_m *= 2.0
        bins = self._bins.get(wide_m)
        if bins is None:
            bins = self._bins[wide_m] = Bins.of([asset.shape for asset in self.assets], wide_m)
        return bins

    def within(self, lon: float, lat: float, reach_m: float) -> list[tuple[float, int]]:
        """Return metres and places of the assets in reach of a point in degrees, nearest first."""
        rows = self.binned(reach_m).at(lon, lat)
        if not len(rows):
            return []
        at = shapely.points(self._planar.point(lon, lat))
        away_m = shapely.distance(self._shapes[rows], at).tolist()
        return sorted(
            pair for pair in zip(away_m, rows.tolist(), strict=True) if pair[0] <= reach_m
        )


class AssetIndex:
    """The assets that rules name, and which of the rules speak of each. Immutable.

    Parameters
    ----------
    shapes : AssetShapes
    rules : sequence of ResponsibilityRule
        The rules of assets.
    """

    def __init__(self, shapes: AssetShapes, rules: Sequence[ResponsibilityRule]) -> None:
        named = {rule.asset_name for rule in rules}
        meant: dict[tuple[frozenset[str], str | None], tuple[ResponsibilityRule, ...]] = {}
        self.rules = []
        for asset in shapes.assets:
            words = asset.kinds, asset.name if asset.name in named else None
            if words not in meant:
                meant[words] = tuple(rule for rule in rules if asset.is_meant_by(rule))
            self.rules.append(meant[words])
        self._shapes = shapes
        self._reach_m = max((rule.tolerance_m or 0.0 for rule in rules), default=0.0)
        shapes.binned(self._reach_m)  # now, and not while somebody waits for an answer

    def near(self, lon: float, lat: float) -> tuple[NearAsset, ...]:
        """Return the assets near a point in degrees, nearest first."""
        near = (self._reached(row, distance_m) for distance_m, row in self.rows_near(lon, lat))
        return tuple(one for one in near if one.rules)

    def rows_near(self, lon: float, lat: float) -> list[tuple[float, int]]:
        """Return metres and places in `rules` of the assets in reach of a point, nearest first."""
        return self._shapes.within(lon, lat, self._reach_m)

    def _reached(self, row: int, distance_m: float) -> NearAsset:
        rules = tuple(r for r in self.rules[row] if distance_m <= (r.tolerance_m or 0.0))
        scope = f"{rules[0].asset_kind} {self._shapes.assets[row].name}".strip() if rules else ""
        return NearAsset(scope, distance_m, rules)


class Bins:
    """Rows of shapes by the squares of `STEP` degrees that they may reach.

    Lines are taken piece by piece: the box of a long one holds much ground that is far from it.
    """

    def __init__(self, squares: Rows, ends: Rows, rows: Rows) -> None:
        self._squares = squares
        self._ends = ends
        self._rows = rows

    @classmethod
    def of(cls, shapes: Sequence[Geometry], reach_m: float) -> "Bins":
        """Return the bins of shapes in degrees, widened by metres."""
        boxes, row = _pieces(np.array(shapes, dtype=object))
        tall = reach_m / LEAST_M_PER_DEGREE
        farthest = np.minimum(np.abs(boxes[:, 1::2]).max(axis=1) + tall, 90.0)
        wide = tall / np.maximum(np.cos(np.radians(farthest)), 0.01)
        margin = np.stack((-wide, np.full(len(row), -tall), wide, np.full(len(row), tall)), axis=1)
        west, south, east, north = ((boxes + margin) // STEP).astype(np.int64).T
        across = east - west + 1
        counts = across * (north - south + 1)
        piece = np.repeat(np.arange(len(row)), counts)
        step = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
        up, right = np.divmod(step, across[piece])
        square = _square(west[piece] + right, south[piece] + up)
        order = np.lexsort((row[piece], square))
        square, found = square[order], row[piece][order]
        first = np.append(True, (np.diff(square) != 0) | (np.diff(found) != 0))[: len(square)]
        squares, begins = np.unique(square[first], return_index=True)
        return cls(squares, np.append(begins, first.sum()), found[first])

    def at(self, lon: float, lat: float) -> Rows:
        """Return the rows of the shapes that may reach a point, ascending."""
        square = _square(int(lon // STEP), int(lat // STEP))
        slot = int(self._squares.searchsorted(square))
        if slot == len(self._squares) or self._squares[slot] != square:
            return self._rows[:0]
        return self._rows[self._ends[slot] : self._ends[slot + 1]]


def _square(u: Any, v: Any) -> Any:
    """Return one number for a square of `STEP` degrees, numbers or arrays of them."""
    return (u << 32) + v


def _pieces(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], Rows]:
    """Return boxes that hold the shapes together, and whose each is."""
    parts, row_of = shapely.get_parts(shapes, return_index=True)
    lines = np.isin(shapely.get_type_id(parts), (GeometryType.LINESTRING, GeometryType.LINEARRING))
    corners, line = shapely.get_coordinates(
        shapely.segmentize(parts[lines], STEP), return_index=True
    )
    side = np.flatnonzero(line[1:] == line[:-1])
    ends = np.stack((corners[side], corners[side + 1]))
    boxes = np.hstack((ends.min(axis=0), ends.max(axis=0)))
    rows = np.concatenate((row_of[lines][line[side]], row_of[~lines]))
    return np.vstack((boxes, shapely.bounds(parts[~lines]).reshape(-1, 4))), rows
