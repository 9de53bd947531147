"""Codes and names for nodes that have ground, and the flat list of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.synth.model import SynthUnit
from gridgeo.synth.numbering import numbered, numbering_order
from gridgeo.synth.rings import centroid, degrees_polygon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridgeo.synth.plan import Node


def label(node: Node) -> None:
    """Sort children of communities and grids by place, and number and name them."""
    if node.level in ("community", "grid") and node.children:
        centres = np.array([centroid(child.outline()) for child in node.children])
        node.children = [node.children[k] for k in numbering_order(centres)]
        for sequence, child in enumerate(node.children, start=1):
            child.code = numbered(node.code, sequence)
            ending = f"第{sequence}网格" if child.level == "grid" else f"{sequence}号微网格"
            child.name = child.short = node.short + ending
    for child in node.children:
        label(child)


def each_with_parent(node: Node, parent_code: str | None) -> Iterator[tuple[Node, str | None]]:
    """Nodes of a tree with the codes of their parents, parents before their children."""
    yield node, parent_code
    for child in node.children:
        yield from each_with_parent(child, node.code)


def flatten(root: Node) -> Iterator[SynthUnit]:
    """Units of a tree, parents before their children."""
    for node, parent_code in each_with_parent(root, None):
        yield SynthUnit(
            code=node.code,
            level=node.level,
            name=node.name,
            parent_code=parent_code,
            shape=degrees_polygon(node.outline()),
            kind=node.kind,
            households=node.households,
            name_synthetic=node.name_synthetic,
            shape_synthetic=node.level not in ("city", "district"),
        )


def leaf_nodes(node: Node) -> Iterator[Node]:
    """Nodes without children, in the order of ``flatten``."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaf_nodes(child)
