"""Exclusive grids: overlays around landmarks that cross unit borders."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.geometry.lattice import to_lattice
from gridgeo.synth.hints import LANDMARKS, Landmark
from gridgeo.synth.model import SynthExclusiveGrid
from gridgeo.synth.numbering import numbered
from gridgeo.synth.rings import (
    METRES_PER_UNIT,
    degrees_polygon,
    doubled_area,
    following,
    ring_polygon,
)
from gridgeo.synth.sites import sites

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.synth.plan import Node
    from gridgeo.synth.rings import Frame, Ring

_CORNERS = 48
_GROWTH = 1.15
_MOST_GROWTHS = 20
_LEAST_ROOM_M = 100.0
"""A landmark closer to the outline gets no exclusive grid."""


def exclusive_grids(
    root: Node, frame: Frame, rng: np.random.Generator
) -> tuple[SynthExclusiveGrid, ...]:
    """One overlay for each landmark inside the city, or a made-up one where there is none."""
    district = root.children[0]
    ground = ring_polygon(district.outline())
    shapely.prepare(ground)
    marks = [(mark, _centre(mark)) for mark in LANDMARKS]
    room = frame.units(_LEAST_ROOM_M)
    inside = [
        (mark, at)
        for mark, at in marks
        if ground.contains(shapely.Point(at)) and ground.exterior.distance(shapely.Point(at)) > room
    ]
    found: list[SynthExclusiveGrid] = []
    for mark, at in inside or [_made_up(district, frame)]:
        ring = _crossing_ring(at, mark.radius_m, district, ground, frame, rng)
        code = exclusive_code(district.code, len(found) + 1)
        shape = degrees_polygon(ring)
        found.append(SynthExclusiveGrid(code, mark.name, mark.kind, shape, mark.parties))
    return tuple(found)


def exclusive_code(common_ancestor: str, sequence: int) -> str:
    """Code of the lowest common ancestor, filled with zeros to 12 digits, and three digits."""
    return numbered(common_ancestor.ljust(12, "0"), sequence)


def _centre(mark: Landmark) -> Ring:
    return to_lattice([mark.lon, mark.lat]).astype(np.int64)


def _made_up(district: Node, frame: Frame) -> tuple[Landmark, Ring]:
    """Make up a landmark where the outline is far away."""
    ring = district.outline()
    free = sites(ring, 200, 0.0, frame)
    at = frame.lattice(free.points[free.deepest()]) + ring[0]
    name = f"{district.short}中心商圈专属网格"
    parties = (f"{district.short}商务局", f"{district.short}城市管理局", f"{name}工作组")
    radius_m = 0.12 * math.sqrt(doubled_area(ring) / 2.0) * METRES_PER_UNIT
    return Landmark(name, "business_district", 0.0, 0.0, radius_m, parties), at


def _crossing_ring(
    at: Ring,
    radius_m: float,
    district: Node,
    ground: shapely.Polygon,
    frame: Frame,
    rng: np.random.Generator,
) -> Ring:
    """Draw a ring around a point, grown until it meets two townships, within the ground.

    Raises
    ------
    ValueError
        When the ring meets one township only however large it is.
    """
    townships = [ring_polygon(child.outline()) for child in district.children]
    radii = radius_m * bulges(rng)
    for growth in range(_MOST_GROWTHS):
        ring = _star(at, radii * _GROWTH**growth, ground, frame)
        met = shapely.intersects(townships, ring_polygon(ring))
        if int(met.sum()) >= min(2, len(townships)):
            return ring
    raise ValueError(f"no exclusive grid around {at.tolist()} crosses a township border")


def bulges(rng: np.random.Generator) -> NDArray[np.float64]:
    """Factors on the radius around a smooth, uneven shape."""
    turns = 2 * math.pi * np.arange(_CORNERS) / _CORNERS
    bulges = np.ones(_CORNERS)
    for waves, height in ((2, 0.12), (3, 0.07), (5, 0.03)):
        bulges += height * np.sin(waves * turns + rng.uniform(0.0, 2 * math.pi))
    return bulges


def star_ring(at: Ring, reach: NDArray[np.float64], frame: Frame) -> Ring:
    """Ring (48, 2) around a lattice point; ``reach`` is in metric units of the frame."""
    turns = 2 * math.pi * np.arange(_CORNERS) / _CORNERS
    ways = np.column_stack([np.cos(turns), np.sin(turns)])
    ring: Ring = frame.lattice(ways * reach[:, None]) + at
    return ring


def _star(
    at: Ring,
    radii_m: NDArray[np.float64],
    ground: shapely.Polygon,
    frame: Frame,
) -> Ring:
    """Draw a star-shaped ring inside the ground: rays that leave it are shortened."""
    reach = frame.units(1.0) * radii_m
    while True:
        ring = star_ring(at, reach, frame)
        spokes = shapely.linestrings(np.stack([np.broadcast_to(at, ring.shape), ring], axis=1))
        sides = shapely.linestrings(np.stack([ring, following(ring)], axis=1))
        bad = ~shapely.contains_properly(ground, spokes) | ~shapely.contains_properly(ground, sides)
        if not bad.any():
            return ring
        reach = np.where(bad | np.roll(bad, 1), 0.9 * reach, reach)
