"""Households of leaves, within the balance rules but for a few outliers, summed up the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from gridgeo.synth.plan import Node

MICRO_GRID_RANGE = (50, 70)
GRID_RANGE = (300, 500)
RURAL_RANGE = (60, 220)
_OUTLIER_RANGES = ((20, 49), (71, 110))


def settle(node: Node, outlier_share: float, rng: np.random.Generator) -> int:
    """Give households to all leaves below a node and return their sum."""
    if node.level == "grid" and node.children:
        for child, count in zip(
            node.children, _balanced(len(node.children), outlier_share, rng), strict=True
        ):
            child.households = count
        node.households = sum(child.households for child in node.children)
    elif node.children:
        node.households = sum(settle(child, outlier_share, rng) for child in node.children)
    else:
        node.households = _within(RURAL_RANGE, rng)
    return node.households


def _within(limits: tuple[int, int], rng: np.random.Generator) -> int:
    return int(rng.integers(limits[0], limits[1] + 1))


def _balanced(count: int, outlier_share: float, rng: np.random.Generator) -> list[int]:
    """Households of the micro-grids of one grid; ordinary ones give way to reach 300 to 500."""
    ordinary = [k for k in range(count) if rng.random() >= outlier_share]
    counts = [_within(_OUTLIER_RANGES[int(rng.integers(2))], rng) for _ in range(count)]
    for k in ordinary:
        counts[k] = _within(MICRO_GRID_RANGE, rng)
    for k in ordinary:
        missing = max(0, GRID_RANGE[0] - sum(counts)) - max(0, sum(counts) - GRID_RANGE[1])
        counts[k] = min(max(counts[k] + missing, MICRO_GRID_RANGE[0]), MICRO_GRID_RANGE[1])
    return counts
