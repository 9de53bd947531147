"""Spoil a sound coverage as real offices do: every defect narrower than a metre, none told.

Each share is that of the polygons which get the defect; one polygon may get several.
"""

from dataclasses import dataclass

import numpy as np
import shapely

from gridgeo.geometry.rings import map_rings

M = 1 / 111_195.0  # a metre of latitude in degrees


@dataclass(frozen=True)
class Mess:
    """How often each defect comes."""

    redrawn: float = 0.1
    grown: float = 0.02
    shrunk: float = 0.05
    bow_tie: float = 0.02
    spike: float = 0.02
    doubled: float = 0.01
    dense: float = 0.02
    wander_m: float = 0.3


USUAL = Mess()


def spoil(shapes, rng, mess=USUAL):
    """Return polygons (degrees) with defects; the order is kept."""
    spoilt = np.array(shapes, dtype=object)
    for share, defect in (
        (mess.dense, dense), (mess.redrawn, redrawn), (mess.grown, grown), (mess.shrunk, shrunk),
        (mess.bow_tie, bow_tie), (mess.spike, spike), (mess.doubled, doubled),
    ):  # fmt: skip
        for i in np.flatnonzero(rng.random(len(spoilt)) < share):
            spoilt[i] = defect(spoilt[i], rng, mess)
    return spoilt


def redrawn(shape, rng, mess):
    """Drawn once more by another hand: vertices at other places, each a little off."""
    step_m = 10 ** rng.uniform(1.0, 3.3)

    def ring(xy):
        moved = xy[:-1] + rng.uniform(-mess.wander_m, mess.wander_m, xy[:-1].shape) * M
        return np.vstack((moved, moved[:1]))

    return map_rings(shapely.segmentize(shape, step_m * M), ring)


def dense(shape, rng, mess):
    """One edge has a vertex on each centimetre, for a metre at most."""

    def ring(xy):
        k = int(rng.integers(len(xy) - 1))
        length = float(np.hypot(*(xy[k + 1] - xy[k])))
        along = np.arange(1e-7, min(1.0 * M, length), 1e-7) / length
        return np.insert(xy, k + 1, xy[k] + along[:, None] * (xy[k + 1] - xy[k]), axis=0)

    return _outer(shape, ring)


def grown(shape, rng, mess):
    """Laid over all its neighbours by a hand's breadth."""
    return shape.buffer(0.1 * M, join_style="mitre")


def shrunk(shape, rng, mess):
    """Drawn within its border, so that a gap runs around it."""
    inner = shape.buffer(-0.1 * M, join_style="mitre")
    return shape if inner.is_empty else inner


def bow_tie(shape, rng, mess):
    """A small loop crosses an edge."""

    def ring(xy):
        k = int(rng.integers(len(xy) - 1))
        along = (xy[k + 1] - xy[k]) / np.hypot(*(xy[k + 1] - xy[k])) * 0.4 * M
        aside, middle = np.array([-along[1], along[0]]), (xy[k] + xy[k + 1]) / 2
        return np.insert(xy, k + 1, [middle + along, middle + aside, middle - aside], axis=0)

    return _outer(shape, ring)


def spike(shape, rng, mess):
    """The pen slipped: out for twenty metres and back on the same way."""

    def ring(xy):
        k = int(rng.integers(len(xy) - 1))
        tip = xy[k] + rng.uniform(-20.0, 20.0, 2) * M
        return np.insert(xy, k + 1, [tip, xy[k]], axis=0)

    return _outer(shape, ring)


def doubled(shape, rng, mess):
    """A part is there twice: the ring was saved two times."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons([*parts, parts[0]])


def _outer(shape, change):
    """Change the outer ring of the first part."""
    first, *others = shapely.get_parts(shape)
    ring = change(shapely.get_coordinates(first.exterior))
    drawn = shapely.polygons(ring, holes=list(first.interiors) or None)
    return shapely.multipolygons([drawn, *others]) if others else drawn
