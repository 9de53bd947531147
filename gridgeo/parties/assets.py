"""Which assets lie near a point, out to the tolerance of the rules that name them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, STRtree

from gridgeo.geometry.crs import Planar
from gridgeo.parties.model import NearAsset, ResponsibilityRule


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

    def near(self, lon: float, lat: float) -> tuple[NearAsset, ...]:
        """Return the assets near a point in degrees, nearest first."""
        rows, distances = self._within(shapely.points(*self._planar.point(lon, lat)))
        found = sorted(zip(distances.tolist(), rows.tolist(), strict=True))
        near = (self._reached(row, distance_m) for distance_m, row in found)
        return tuple(one for one in near if one.rules)

    def _within(self, at: Geometry) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        rows = self._tree.query(at, predicate="dwithin", distance=self._reach_m)
        return rows, shapely.distance(self._shapes[rows], at)

    def _reached(self, row: int, distance_m: float) -> NearAsset:
        rules = tuple(r for r in self.rules[row] if distance_m <= (r.tolerance_m or 0.0))
        return NearAsset(self.scopes[row], distance_m, rules)
