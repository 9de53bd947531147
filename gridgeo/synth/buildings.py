"""Buildings of a leaf: blocks of flats in town, a cluster of houses in a village, and parks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.synth.sites import Sites, patch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.synth.plan import Node
    from gridgeo.synth.rings import Frame, Points, Ring
    from gridgeo.synth.sizes import Sizes

MOST_HOUSEHOLDS = 40
_TOWN_HOUSEHOLDS_PER_BUILDING = (14.0, 32.0)
_HALF_DIAGONAL_M = {"urban": 34.0, "rural": 11.0}
_VILLAGE_PITCH_M = 30.0


@dataclass(frozen=True, slots=True)
class Lot:
    """Footprints (k, 4, 2) and entrances (k, 2) on the lattice, households (k,), a park ring."""

    footprints: NDArray[np.int64]
    entrances: NDArray[np.int64]
    households: list[int]
    park: Ring | None


def build(
    leaf: Node,
    coarse: Sites,
    with_park: bool,
    sizes: Sizes,
    frame: Frame,
    rng: np.random.Generator,
) -> Lot:
    """Put buildings for all households of a leaf on its ground, clear of the border.

    ``coarse`` are free sites all over the leaf.
    """
    ring = leaf.outline()
    rural = sizes.rural_households_per_building
    mean = rural if leaf.kind == "rural" else _TOWN_HOUSEHOLDS_PER_BUILDING
    counts = _households(leaf.households, mean, rng)
    park = _park(coarse, rng) if with_park else None
    ground = _ground(leaf, coarse, len(counts), park, frame)
    chosen = _choose(ground, len(counts), leaf.kind, rng)
    half = np.minimum(0.45 * ground.pitch, 0.9 * ground.clearance[chosen])
    half = np.minimum(half, frame.units(_HALF_DIAGONAL_M[leaf.kind]))
    corners, entrances = _slabs(ground.points[chosen], half, leaf.angle, rng)
    return Lot(
        frame.lattice(corners) + ring[0],
        frame.lattice(entrances) + ring[0],
        counts,
        None if park is None else frame.lattice(park) + ring[0],
    )


def _households(total: int, mean: tuple[float, float], rng: np.random.Generator) -> list[int]:
    """Part the households of a leaf among buildings, 1 to 40 each."""
    per_building = rng.uniform(*mean)
    count = max(math.ceil(total / per_building), math.ceil(total / (0.9 * MOST_HOUSEHOLDS)))
    shares = rng.uniform(0.6, 1.4, count)
    counts = np.maximum(1, np.floor(shares / shares.sum() * total)).astype(int)
    counts = np.minimum(counts, MOST_HOUSEHOLDS)
    while (missing := total - int(counts.sum())) != 0:
        at = int(np.argmin(counts)) if missing > 0 else int(np.argmax(counts))
        counts[at] += 1 if missing > 0 else -1
    return [int(value) for value in counts]


def _ground(leaf: Node, coarse: Sites, count: int, park: Points | None, frame: Frame) -> Sites:
    """Find at least ``count`` free sites: over a whole block, or close together in a village."""
    ring = leaf.outline()
    middle = coarse.points[coarse.deepest()]
    pitch = coarse.pitch * math.sqrt(len(coarse.points) / max(16, 4 * count))
    metric = frame.metric(ring - ring[0])
    reach = float(np.hypot(*(metric - middle).T).max())
    if leaf.kind == "rural":
        pitch = min(pitch, frame.units(_VILLAGE_PITCH_M))
        reach = pitch * math.sqrt(count)
    while True:
        found = _off_park(patch(metric, middle, pitch, reach, leaf.angle), park)
        if len(found.points) >= count:
            return found
        pitch *= 0.8


def _off_park(ground: Sites, park: Points | None) -> Sites:
    """Drop sites within a park or half a pitch around it."""
    if park is None:
        return ground
    middle = park.mean(axis=0)
    radius = float(np.hypot(*(park - middle).T).max()) + 0.5 * ground.pitch
    free = np.hypot(*(ground.points - middle).T) > radius
    return Sites(ground.points[free], ground.clearance[free], ground.pitch)


def _choose(ground: Sites, count: int, kind: str, rng: np.random.Generator) -> NDArray[np.int64]:
    """Pick sites anywhere in a block, or those nearest to a ragged centre in a village."""
    if kind == "urban":
        return rng.choice(len(ground.points), count, replace=False)
    away = np.hypot(*(ground.points - ground.points.mean(axis=0)).T)
    return np.argsort(away * rng.uniform(0.6, 1.4, len(away)), kind="stable")[:count]


def _slabs(
    centres: Points, half: NDArray[np.float64], angle: float, rng: np.random.Generator
) -> tuple[Points, Points]:
    """Rectangles (k, 4, 2) with the given half diagonals, long side facing south, and the doors."""
    depth = rng.uniform(0.3, 0.6, len(half))
    long = half / np.sqrt(1.0 + depth**2)
    short = long * depth
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    corners = (
        centres[:, None, :]
        + (signs[:, 0] * long[:, None])[:, :, None] * along
        + (signs[:, 1] * short[:, None])[:, :, None] * across
    )
    return corners, centres - short[:, None] * across


def _park(ground: Sites, rng: np.random.Generator) -> Points:
    """Draw a rounded polygon of 16 points around the deepest site, clear of the border."""
    at = ground.deepest()
    turns = 2 * math.pi * np.arange(16) / 16
    radius = 0.6 * ground.clearance[at] * rng.uniform(0.8, 1.0, 16)
    spokes: Points = np.column_stack([np.cos(turns), np.sin(turns)]) * radius[:, None]
    park: Points = ground.points[at] + spokes
    return park
