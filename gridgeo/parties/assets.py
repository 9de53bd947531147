"""Which assets lie near a point, out to the tolerance of the rules that name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import shapely
from shapely import Geometry, STRtree

from gridgeo.geometry.crs import Planar
from gridgeo.parties.model import NearAsset, ResponsibilityRule

STEP = 0.001
"""Degrees: the width of the bins by which most points are known to have no asset near."""

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


class AssetIndex:
    """The assets that rules name, in metres. Immutable; safe to share between threads.

    Parameters
    ----------
    assets : sequence of Asset
        In a lasting order, by which assets at one distance are told apart.
    rules : sequence of ResponsibilityRule
        The rules of assets.
    planar : Planar
        The plane in which distances are measured.
    """

    def __init__(
        self, assets: Sequence[Asset], rules: Sequence[ResponsibilityRule], planar: Planar
    ) -> None:
        meant = [(asset, [r for r in rules if asset.is_meant_by(r)]) for asset in assets]
        kept = [(asset, found) for asset, found in meant if found]
        self.rules = [tuple(found) for _, found in kept]
        self.scopes = [f"{found[0].asset_kind} {asset.name}".strip() for asset, found in kept]
        self._planar = planar
        self._shapes = planar.project_all([asset.shape for asset, _ in kept])
        self._tree = STRtree(self._shapes)
        self._reach_m = max((rule.tolerance_m or 0.0 for rule in rules), default=0.0)
        self._bins = _bins([asset.shape for asset, _ in kept], self._reach_m)

    def near(self, lon: float, lat: float) -> tuple[NearAsset, ...]:
        """Return the assets near a point in degrees, nearest first."""
        near = (self._reached(row, distance_m) for distance_m, row in self.rows_near(lon, lat))
        return tuple(one for one in near if one.rules)

    def rows_near(self, lon: float, lat: float) -> list[tuple[float, int]]:
        """Return metres and places in `rules` of the assets in reach of a point, nearest first."""
        if (int(lon // STEP), int(lat // STEP)) not in self._bins:
            return []
        at = shapely.points(*self._planar.point(lon, lat))
        rows = self._tree.query(at, predicate="dwithin", distance=self._reach_m)
        distances = shapely.distance(self._shapes[rows], at)
        return sorted(zip(distances.tolist(), rows.tolist(), strict=True))

    def _reached(self, row: int, distance_m: float) -> NearAsset:
        rules = tuple(r for r in self.rules[row] if distance_m <= (r.tolerance_m or 0.0))
        return NearAsset(self.scopes[row], distance_m, rules)


def _bins(shapes: Sequence[Geometry], reach_m: float) -> frozenset[tuple[int, int]]:
    """Return the bins that the boxes of shapes in degrees touch, widened by a reach in metres."""
    found: set[tuple[int, int]] = set()
    for west, south, east, north in shapely.bounds(shapes).tolist():
        high = reach_m / LEAST_M_PER_DEGREE
        wide = high / max(cos(radians(max(abs(south), abs(north)) + high)), 0.01)
        for u in range(int((west - wide) // STEP), int((east + wide) // STEP) + 1):
            for v in range(int((south - high) // STEP), int((north + high) // STEP) + 1):
                found.add((u, v))
    return frozenset(found)
