"""Which shapes of a coverage border one another along a line: a common corner is not enough."""

from collections.abc import Sequence

import numpy as np

from gridgeo.geometry.faces import shared_edges
from gridgeo.geometry.segments import Shape, shape_array


def bordering(shape: Shape, others: Sequence[Shape]) -> list[bool]:
    """Return whether each of some shapes has an edge in common with one (degrees, on the lattice).

    With one that overlaps it, no promise is made.
    """
    edges = shared_edges(shape_array([shape, *others]))
    near = {*edges.other[edges.one == 0].tolist(), *edges.one[edges.other == 0].tolist()}
    return [row in near for row in range(1, len(others) + 1)]


def set_apart(shapes: Sequence[Shape]) -> list[int]:
    """Return the positions of those to which no way leads from the first one across common edges.

    The parts of one shape count as connected.
    """
    edges = shared_edges(shape_array(shapes))
    reached = np.zeros(len(shapes), dtype=np.bool_)
    reached[0] = True
    while True:
        across = reached[edges.one] != reached[edges.other]
        if not across.any():
            return np.flatnonzero(~reached).tolist()
        reached[edges.one[across]] = reached[edges.other[across]] = True
