"""Households when ground changes hands: those of a unit that goes, and for one that comes."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import numpy as np
import shapely
from shapely import STRtree

from gridgeo.units.model import Unit


def shared_out(
    old: Mapping[str, Unit], new: Mapping[str, Unit], said: Collection[str]
) -> dict[str, int]:
    """Return the households of the new leaves; their sum is that of the old ones.

    A leaf that goes leaves its households to those who get its ground, by area; a leaf that comes
    takes a share from each leaf whose ground it gets, by area. Between leaves that both stay no
    household moves with a border: nobody knows here on which side the houses stand.

    Parameters
    ----------
    old, new
        The leaves of the same ground before and after, by code.
    said
        Codes of the new leaves whose number is given: they take nothing from others.
    """
    counted = {code: old[code].households if code in old else 0 for code in new}
    if set(old) <= set(new) <= {*old, *said}:
        return counted
    for code, areas in _common_areas(old, new).items():
        takers = {
            taker: area
            for taker, area in areas.items()
            if taker not in said and (code not in new or taker not in old)
        }
        if code in new:
            takers[code] = sum(areas.values()) - sum(takers.values())
            counted[code] -= old[code].households
        for taker, number in apportioned(old[code].households, takers).items():
            counted[taker] += number
    return counted


def _common_areas(old: Mapping[str, Unit], new: Mapping[str, Unit]) -> dict[str, dict[str, float]]:
    """Return common areas by old and new leaf, in square degrees: only their shares count."""
    codes, names = list(old), list(new)
    before = np.array([old[code].shape for code in codes], dtype=object)
    after = np.array([new[code].shape for code in names], dtype=object)
    areas: dict[str, dict[str, float]] = defaultdict(dict)
    rows, hits = STRtree(after).query(before, predicate="intersects")
    common = shapely.area(shapely.intersection(before[rows], after[hits]))
    for row, hit, area in zip(rows.tolist(), hits.tolist(), common.tolist(), strict=True):
        if area > 0.0:
            areas[codes[row]][names[hit]] = area
    return areas


def apportioned(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Divide a whole number by weights (largest remainder, ties to the lowest code).

    Without any weight nobody gets anything.
    """
    names = sorted(weights, key=str.encode)
    if not names:
        return {}
    exact = np.array([weights[name] for name in names], dtype=np.float64)
    exact *= total / exact.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return dict(zip(names, whole.tolist(), strict=True))
