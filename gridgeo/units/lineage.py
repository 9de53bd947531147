"""Where the land and the households of each old leaf went in a version, as shares of the leaf."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.lattice import SCALE
from gridgeo.units.model import Unit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST_SHARE = 1e-12
_ROUNDS = 30


def touched_leaves(delta: Delta[Unit]) -> list[str]:
    """Codes of the leaves that a delta creates, retires or reshapes, in order."""
    return sorted(
        code
        for code in {**delta.old, **delta.new}
        if any(code in side and side[code].is_leaf for side in (delta.old, delta.new))
        and not same_shape(delta.old.get(code), delta.new.get(code))
    )


def same_shape(old: Unit | None, new: Unit | None) -> bool:
    """Whether a unit is there before and after, as a leaf or not, with the same shape."""
    return (
        old is not None
        and new is not None
        and old.is_leaf == new.is_leaf
        and old.shape.equals_exact(new.shape, 0.0)
    )


def same_but_for_nodes(old: Unit, new: Unit) -> bool:
    """Whether all that differs is vertices that came or went and bent the border by below 1 cm."""
    if old.shape.equals_exact(new.shape, 0.0):
        return True
    then, now = ({tuple(xy) for xy in shapely.get_coordinates(unit.shape).tolist()}
                 for unit in (old, new))  # fmt: skip
    if not (then <= now or now <= then) or not new.shape.is_valid:
        return False
    return bool(old.shape.symmetric_difference(new.shape).area <= old.shape.length / SCALE)


def lineage_rows(
    version: int, delta: Delta[Unit], ids: Mapping[str, int], planar: Planar
) -> list[dict[str, Any]]:
    """From which leaf to which leaf land went; both shares of each old leaf sum to one."""
    touched = touched_leaves(delta)
    before, after = ({code: side[code] for code in touched if code in side and side[code].is_leaf}
                     for side in (delta.old, delta.new))  # fmt: skip
    kinds = {code: _lineage_kind(old, after.get(code)) for code, old in before.items()}
    areas = area_shares(before, after, planar)
    households = household_shares(before, after, areas)
    return [
        {
            "version": version,
            "from_unit_id": ids[code],
            "to_unit_id": ids[to],
            "kind": kinds[code],
            "area_share": share,
            "household_share": households[code][to],
        }
        for code, shares in areas.items()
        for to, share in sorted(shares.items())
    ]


def _lineage_kind(old: Unit, new: Unit | None) -> str:
    if new is None:
        return "replace"
    return "noding" if same_but_for_nodes(old, new) else "reshape"


def area_shares(
    before: Mapping[str, Unit], after: Mapping[str, Unit], planar: Planar
) -> dict[str, dict[str, float]]:
    """Shares of each old leaf that went to each new one, without those too small to be ground."""
    if not before:
        return {}
    old, new = list(before.values()), list(after.values())
    shapes = np.array([unit.shape for unit in old], dtype=object)
    others = np.array([unit.shape for unit in new], dtype=object)
    row, hit = STRtree(others).query(shapes, predicate="intersects")
    areas_m2 = planar.areas_m2(list(shapely.intersection(shapes[row], others[hit])))
    whole_m2 = np.bincount(row, areas_m2, minlength=len(old))
    shares: dict[str, dict[str, float]] = {unit.code: {} for unit in old}
    for i, j, share in zip(row.tolist(), hit.tolist(), areas_m2 / whole_m2[row], strict=True):
        if share > _LEAST_SHARE:
            shares[old[i].code][new[j].code] = float(share)
    return shares


def household_shares(
    before: Mapping[str, Unit],
    after: Mapping[str, Unit],
    areas: Mapping[str, Mapping[str, float]],
) -> dict[str, dict[str, float]]:
    """Shares of each old leaf's households that went to each new leaf which has some of its land.

    They are what the leaves' own numbers say: a leaf that stays keeps as many as it had, up to what
    it counts afterwards; all others go with the land, in proportion to it, such that each new leaf
    gets what it counts, as far as the numbers allow it (iterative proportional fitting). Where they
    say nothing, as of a leaf without households, households share like the land.
    """
    if not areas:
        return {}
    givers, takers = sorted(areas), sorted(after)
    place = {code: column for column, code in enumerate(takers)}
    flows = [(i, place[to], share) for i, code in enumerate(givers)
             for to, share in areas[code].items()]  # fmt: skip
    i, j, land = (np.array(part) for part in zip(*flows, strict=True))
    had = np.array([before[code].households for code in givers], dtype=np.float64)
    counts = np.array([after[code].households for code in takers], dtype=np.float64)
    stays = np.array([givers[row] == takers[column] for row, column, _ in flows])
    stay = np.where(stays, np.minimum(had[i], counts[j]), 0.0)
    left = had - _sums(i, stay, had), counts - _sums(j, stay, counts)
    flow = stay + _fitted((i, j), land * had[i], *left)
    flow = np.where(_sums(i, flow, had)[i] == 0.0, land, flow)
    share = (flow / _sums(i, flow, had)[i]).tolist()
    shares: dict[str, dict[str, float]] = {code: {} for code in givers}
    for (row, column, _), part in zip(flows, share, strict=True):
        shares[givers[row]][takers[column]] = part
    return shares


def _fitted(ends: tuple[Ints, Ints], flow: Floats, rows: Floats, columns: Floats) -> Floats:
    """Scale flows from row to column until each row sums to `rows`, each column to `columns`."""
    i, j = ends
    for _ in range(_ROUNDS):
        flow = flow * _ratio(columns, _sums(j, flow, columns))[j]
        flow = flow * _ratio(rows, _sums(i, flow, rows))[i]
    return flow


def _sums(ends: Ints, flow: Floats, of: Floats) -> Floats:
    return np.bincount(ends, flow, minlength=len(of)).astype(np.float64, copy=False)


def _ratio(wanted: Floats, there: Floats) -> Floats:
    return np.divide(wanted, there, out=np.zeros_like(wanted), where=there > 0.0)
