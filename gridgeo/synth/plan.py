"""What the tree will look like before any border is drawn: counts, ground, street directions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridgeo.synth.divisions import is_village, short_name
from gridgeo.synth.hints import TOWNSHIP_HINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from gridgeo.synth.model import Division, Level, UnitKind
    from gridgeo.synth.rings import Ring
    from gridgeo.synth.sizes import Sizes

_URBAN_LEAF_KM2 = 0.03
_TOWN_TURN_DEG, _OPEN_TURN_DEG = 4.0, 12.0
"""How much the direction of streets differs from one unit to the next."""


@dataclass(slots=True)
class Node:
    """A unit in the making.

    ``weight`` is its share of ground relative to its siblings, ``leaf_area`` the area of its
    smallest expected leaf as a share of the whole, ``angle`` the direction of its streets,
    ``position`` a rough place (lon, lat in degrees) that orders it among its siblings, ``heading``
    a direction (east, north) in which its children are ordered rather than along its longer side.
    """

    level: Level
    code: str
    name: str
    short: str
    kind: UnitKind
    weight: float
    angle: float
    position: tuple[float, float] | None = None
    name_synthetic: bool = False
    children: list[Node] = field(default_factory=list)
    leaf_area: float = 0.0
    households: int = 0
    ring: Ring | None = None
    heading: tuple[float, float] | None = None

    def leaf_count(self) -> int:
        """Count the leaves below, one for a leaf."""
        return sum(child.leaf_count() for child in self.children) or 1

    def outline(self) -> Ring:
        """Ring of a node whose ground has been cut.

        Raises
        ------
        ValueError
            Before the ground has been cut.
        """
        if self.ring is None:
            raise ValueError(f"{self.level} {self.name} has no ground yet")
        return self.ring


def plan_city(divisions: Sequence[Division], sizes: Sizes, rng: np.random.Generator) -> Node:
    """Build the tree of nodes from one city, one district, its townships and communities.

    Raises
    ------
    ValueError
        When there is not exactly one city and one district, or a unit has no children.
    """
    city, district = _single(divisions, "city"), _single(divisions, "district")
    root = _node(city, 1.0, 0.0)
    root.children = [_node(district, 1.0, 0.0)]
    by_parent: dict[str | None, list[Division]] = {}
    for row in divisions:
        by_parent.setdefault(row.parent_code, []).append(row)
    root.children[0].children = [
        _plan_township(row, by_parent.get(row.code, []), sizes, rng)
        for row in by_parent.get(district.code, [])
    ]
    if not root.children[0].children:
        raise ValueError(f"no townships under {district.code}")
    spread_leaf_area(root, 1.0)
    return root


def _single(divisions: Sequence[Division], level: Level) -> Division:
    rows = [row for row in divisions if row.level == level]
    if len(rows) != 1:
        raise ValueError(f"one {level} is needed, {len(rows)} given")
    return rows[0]


def _node(row: Division, weight: float, angle: float) -> Node:
    short = short_name(row.name)
    return Node(
        row.level, row.code, row.name, short, "urban", weight, angle, name_synthetic=row.synthetic
    )


def _plan_township(
    row: Division, communities: Sequence[Division], sizes: Sizes, rng: np.random.Generator
) -> Node:
    """Plan one township; without a hint its ground follows from the count of its leaves."""
    node = township_node(row, communities, rng)
    node.children = [_plan_community(child, node, sizes, rng) for child in communities]
    hint = TOWNSHIP_HINTS.get(row.code)
    node.weight = hint.area_km2 if hint else _URBAN_LEAF_KM2 * _ground(node)
    node.position = (hint.lon, hint.lat) if hint else None
    return node


def township_node(row: Division, communities: Sequence[Division], rng: np.random.Generator) -> Node:
    """Plan a township without its communities; it is rural where one of them is a village."""
    if not communities:
        raise ValueError(f"no communities under {row.code}")
    is_open = any(is_village(child) for child in communities)
    turn = _OPEN_TURN_DEG if is_open else _TOWN_TURN_DEG
    node = _node(row, 1.0, float(rng.normal(0.0, math.radians(turn))))
    node.kind = "rural" if is_open else "urban"
    return node


def _ground(node: Node) -> float:
    return sum(child.weight for child in node.children)


def _plan_community(row: Division, township: Node, sizes: Sizes, rng: np.random.Generator) -> Node:
    node = community_node(row, township, rng)
    if node.kind == "rural":
        low, high = sizes.grids_per_village
        node.children = [
            rural_grid(node, sizes, rng) for _ in range(int(rng.integers(low, high + 1)))
        ]
    else:
        count = 1 + int(rng.choice(len(sizes.grids_per_community), p=sizes.grids_per_community))
        node.children = [_urban_grid(node, sizes, rng) for _ in range(count)]
    return with_ground(node, rng)


def community_node(row: Division, township: Node, rng: np.random.Generator) -> Node:
    """Plan a community without its grids; a village is rural."""
    turn = _OPEN_TURN_DEG if township.kind == "rural" else _TOWN_TURN_DEG
    node = _node(row, 1.0, township.angle + float(rng.normal(0.0, math.radians(turn))))
    node.kind = "rural" if is_village(row) else "urban"
    return node


def with_ground(node: Node, rng: np.random.Generator) -> Node:
    """Let a unit take ground about in proportion to its children."""
    node.weight = _ground(node) * float(rng.uniform(0.7, 1.4))
    return node


def rural_grid(parent: Node, sizes: Sizes, rng: np.random.Generator) -> Node:
    """Plan a grid without micro-grids."""
    angle = parent.angle + float(rng.normal(0.0, math.radians(15.0)))
    weight = sizes.rural_leaf_weight * float(rng.uniform(0.7, 1.4))
    return Node("grid", "", "", "", "rural", weight, angle, name_synthetic=True)


def _urban_grid(parent: Node, sizes: Sizes, rng: np.random.Generator) -> Node:
    angle = _grid_angle(parent, rng)
    counts, shares = zip(*sizes.micro_grids_per_grid, strict=True)
    return _with_micro_grids(int(rng.choice(counts, p=shares)), angle, rng)


def urban_grid(parent: Node, count: int, rng: np.random.Generator) -> Node:
    """Plan a grid with ``count`` micro-grids."""
    return _with_micro_grids(count, _grid_angle(parent, rng), rng)


def _grid_angle(parent: Node, rng: np.random.Generator) -> float:
    return parent.angle + float(rng.normal(0.0, math.radians(2.0)))


def _with_micro_grids(count: int, angle: float, rng: np.random.Generator) -> Node:
    grid = Node("grid", "", "", "", "urban", 1.0, angle, name_synthetic=True)
    for _ in range(count):
        weight = float(rng.uniform(0.7, 1.35))
        grid.children.append(
            Node("micro_grid", "", "", "", "urban", weight, angle, name_synthetic=True)
        )
    grid.weight = _ground(grid)
    return grid


def spread_leaf_area(node: Node, area: float) -> None:
    """Give every node its share of the whole ground and the smallest leaf expected in it."""
    if not node.children:
        node.leaf_area = area
        return
    total = _ground(node)
    for child in node.children:
        spread_leaf_area(child, area * child.weight / total)
    node.leaf_area = min(child.leaf_area for child in node.children)
