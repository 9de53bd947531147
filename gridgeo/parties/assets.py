"""Which assets lie near a point, out to the tolerance of the rules that name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
import shapely
from shapely import Geometry

from gridgeo.geometry.crs import Planar
from gridgeo.parties.model import NearAsset, ResponsibilityRule

STEP = 0.0005
"""Degrees: the width of the bins by which most points are known to have no asset near."""

Bins = dict[tuple[int, int], list[int]]

LEAST_M_PER_DEGREE = 110_000.0
"""Of latitude anywhere; of longitude times the cosine of the latitude."""


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

    def within(self, lon: float, lat: float, reach_m: float) -> list[tuple[float, int]]:
        """Return metres and places of the assets in reach of a point in degrees, nearest first."""
        bins = self._bins.get(reach_m)
        if bins is None:
            shapes = [asset.shape for asset in self.assets]
            bins = self._bins[reach_m] = _bins(shapes, reach_m)
        rows = bins.get((int(lon // STEP), int(lat // STEP)))
        if rows is None:
            return []
        at = shapely.Point(self._planar.point(lon, lat))
        away_m = shapely.distance(self._shapes[rows], at).tolist()
        return sorted(pair for pair in zip(away_m, rows, strict=True) if pair[0] <= reach_m)


class AssetIndex:
    """The assets that rules name, and which of the rules speak of each. Immutable.

    Parameters
    ----------
    shapes : AssetShapes
    rules : sequence of ResponsibilityRule
        The rules of assets.
    """

    def __init__(self, shapes: AssetShapes, rules: Sequence[ResponsibilityRule]) -> None:
        alike = {(asset.kinds, asset.name): asset for asset in shapes.assets}
        meant = {
            words: tuple(rule for rule in rules if asset.is_meant_by(rule))
            for words, asset in alike.items()
        }
        self.rules = [meant[asset.kinds, asset.name] for asset in shapes.assets]
        self._shapes = shapes
        self._reach_m = max((rule.tolerance_m or 0.0 for rule in rules), default=0.0)

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


def _bins(shapes: Sequence[Geometry], reach_m: float) -> Bins:
    """Return the rows of shapes in degrees by bins that they may reach.

    Lines are taken piece by piece: the box of a long one holds much ground that is far from it.
    """
    if not shapes:
        return {}
    parts, row_of = shapely.get_parts(np.array(shapes, dtype=object), return_index=True)
    pieces = shapely.segmentize(parts, STEP)
    boxes, rows = [], []
    for piece, row in zip(pieces.tolist(), row_of.tolist(), strict=True):
        corners = shapely.get_coordinates(piece)
        if piece.geom_type == "LineString":
            low, high = np.minimum(corners[:-1], corners[1:]), np.maximum(corners[:-1], corners[1:])
        else:
            low, high = corners.min(axis=0, keepdims=True), corners.max(axis=0, keepdims=True)
        boxes.append(np.hstack((low, high)))
        rows += [row] * len(low)
    found: dict[tuple[int, int], dict[int, None]] = {}
    for (west, south, east, north), row in zip(np.vstack(boxes).tolist(), rows, strict=True):
        tall = reach_m / LEAST_M_PER_DEGREE
        wide = tall / max(cos(radians(max(abs(south), abs(north)) + tall)), 0.01)
        for u in range(int((west - wide) // STEP), int((east + wide) // STEP) + 1):
            for v in range(int((south - tall) // STEP), int((north + tall) // STEP) + 1):
                found.setdefault((u, v), {})[row] = None
    return {place: [*kept] for place, kept in found.items()}
