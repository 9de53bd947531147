"""Give every node of the plan its ground by cutting the outline again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gridgeo.synth.chords import Wish
from gridgeo.synth.rings import METRES_PER_UNIT, doubled_area
from gridgeo.synth.split import bisect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridgeo.synth.model import Level
    from gridgeo.synth.plan import Node
    from gridgeo.synth.rings import Frame, Ring
    from gridgeo.synth.sizes import Sizes

CutKind = Literal["street", "stream"]

_STREAM_SHARE: dict[tuple[str, bool], float] = {
    ("township", True): 0.4,
    ("community", True): 0.35,
    ("grid", True): 0.3,
    ("township", False): 0.1,
    ("community", False): 0.05,
}
"""Share of cuts that are streams, by level and by whether the ground is open country."""
_OPEN_LEAF_KM2 = 0.09
"""Ground whose smallest leaf is larger than this counts as open country."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A line drawn while cutting, with the level of the units that it parts."""

    line: Ring
    level: Level
    kind: CutKind
    open_country: bool


class Carver:
    """Cuts ground for the children of a node, then for theirs, keeping every line."""

    def __init__(self, sizes: Sizes, frame: Frame, rng: np.random.Generator) -> None:
        self.sizes = sizes
        self.frame = frame
        self.rng = rng
        self.cuts: list[Cut] = []

    def carve(self, root: Node, outline: Ring, progress: Callable[[float], None]) -> None:
        """Give ``outline`` to the root and its exact parts to all nodes below."""
        whole = abs(doubled_area(outline)) / 2.0 * self.frame.aspect
        leaves, done = root.leaf_count(), 0
        stack: list[tuple[Ring, list[Node], Node]] = [(outline, [root], root)]
        while stack:
            ring, nodes, parent = stack.pop()
            if len(nodes) > 1:
                stack.extend(self._cut(ring, nodes, parent, whole))
                continue
            node = nodes[0]
            node.ring = ring
            if node.children:
                stack.append((ring, self._shuffled(node.children), node))
            else:
                done += 1
                progress(done / leaves)

    def _shuffled(self, nodes: Sequence[Node]) -> list[Node]:
        return [nodes[k] for k in self.rng.permutation(len(nodes))]

    def _cut(
        self, ring: Ring, nodes: list[Node], parent: Node, whole: float
    ) -> list[tuple[Ring, list[Node], Node]]:
        """Part the nodes in two groups and the ring in two parts of like shares."""
        axis, ordered = _order(ring, nodes, parent.heading, self.frame)
        low, high = _halve(ordered)
        wish, kind, is_open = self._wish(low, high, parent.angle, axis, whole)
        halves = bisect(ring, wish, self.frame, self.rng)
        self.cuts.append(Cut(halves.line, nodes[0].level, kind, is_open))
        return [(halves.second, high, parent), (halves.first, low, parent)]

    def _wish(
        self,
        low: list[Node],
        high: list[Node],
        angle: float,
        axis: tuple[float, float] | None,
        whole: float,
    ) -> tuple[Wish, CutKind, bool]:
        """Say how the line between two groups of nodes should run."""
        first, second = sum(n.weight for n in low), sum(n.weight for n in high)
        leaf_area = min(node.leaf_area for node in low + high) * whole
        level = low[0].level
        is_open = leaf_area * METRES_PER_UNIT**2 > _OPEN_LEAF_KM2 * 1e6
        kind: CutKind = "street"
        if self.rng.random() < _STREAM_SHARE.get((level, is_open), 0.0):
            kind = "stream"
        bend, wave_m, ripple = _manner(kind, is_open)
        wish = Wish(
            share=first / (first + second),
            spacing=4.0 * math.sqrt(leaf_area) / self.sizes.leaf_vertices,
            angle=angle,
            bend=bend,
            wave=self.frame.units(wave_m),
            ripple=ripple,
            axis=axis,
            vertices=(self._least_vertices(low), self._least_vertices(high)),
        )
        return wish, kind, is_open

    def _least_vertices(self, nodes: list[Node]) -> int:
        """Only a part that stays whole down to a leaf must have its vertices now."""
        only_leaf = len(nodes) == 1 and nodes[0].leaf_count() == 1
        return self.sizes.leaf_vertices_min if only_leaf else 0


def _manner(kind: CutKind, is_open: bool) -> tuple[float, float, float]:
    """Bend, wave in metres and ripple of a line."""
    if kind == "stream":
        return 0.10, 900.0 if is_open else 500.0, 0.3
    return (0.05, 1800.0, 0.12) if is_open else (0.018, 1500.0, 0.05)


def _order(
    ring: Ring, nodes: list[Node], heading: tuple[float, float] | None, frame: Frame
) -> tuple[tuple[float, float] | None, list[Node]]:
    """Sort nodes with known positions along the heading, or the longer side of the ground."""
    if any(node.position is None for node in nodes):
        return None, nodes
    if heading is None:
        width, height = np.ptp(frame.metric(ring), axis=0)
        heading = (1.0, 0.0) if width >= height else (0.0, 1.0)
    east, north = heading

    def along(node: Node) -> float:
        lon, lat = node.position or (0.0, 0.0)
        return lon * frame.aspect * east + lat * north

    return heading, sorted(nodes, key=along)


def _halve(nodes: list[Node]) -> tuple[list[Node], list[Node]]:
    """Part a list where the weight before it is nearest to half."""
    before = np.cumsum([node.weight for node in nodes])[:-1]
    at = int(np.argmin(np.abs(before - sum(node.weight for node in nodes) / 2.0))) + 1
    return nodes[:at], nodes[at:]
