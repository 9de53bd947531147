"""From a tree of entries to units: node the leaves, unite them upwards, measure what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import shapely

from gridgeo.files.model import Entry
from gridgeo.files.tree import Tree
from gridgeo.geometry.coverage import check_coverage, check_nesting, union_on_lattice
from gridgeo.geometry.errors import GeometryError
from gridgeo.geometry.noding import Node, node
from gridgeo.geometry.problem import Problem
from gridgeo.units.model import Shape, Unit

Parents = Literal["given", "union"]


@dataclass(frozen=True, slots=True)
class Built:
    """Units by code, none unless the map is whole; what is wrong, where, and what was noded.

    `differences` are the places where a given parent differs from its children and was replaced.
    """

    units: Mapping[str, Unit]
    problems: Sequence[Problem]
    nodes: Sequence[Node] = ()
    differences: Sequence[Problem] = ()


def leaves_of(tree: Tree) -> list[Entry]:
    """Return the entries that are nobody's parent, in code order."""
    parents = {entry.parent for entry in tree.entries.values()}
    found = (entry for entry in tree.entries.values() if entry.code not in parents)
    return sorted(found, key=lambda entry: entry.code)


def build(tree: Tree, shapes: Sequence[Shape], parents: Parents) -> Built:
    """Make units of a tree whose leaves (in code order) have these shapes on the lattice.

    The leaves must be a coverage: of the root's own polygon where it is given, else without any
    hole. A given parent must be the union of its children, or is replaced by it (`union`).
    """
    leaves = leaves_of(tree)
    outline = given_outline(tree, parents)
    noded, nodes, problems = _noded(leaves, shapes, outline)
    codes = [leaf.code for leaf in leaves]
    ground = noded[len(leaves)] if outline is not None else None
    problems += [*check_coverage(noded[: len(leaves)], codes, ground), *tree.problems]
    if problems:
        return Built({}, problems, nodes)
    drawn = dict(zip(codes, noded, strict=False))
    differences = _unite(tree, drawn)
    if differences and parents == "given":
        return Built({}, differences, nodes)
    return Built(_units(tree, drawn), [], nodes, differences)


def given_outline(tree: Tree, parents: Parents) -> Shape | None:
    """Return the root's own polygon where it is given and counts, None otherwise."""
    roots = [entry for entry in tree.entries.values() if entry.parent is None]
    if parents == "union" or len(roots) != 1 or len(tree.entries) == 1:
        return None
    return roots[0].shape


def _noded(
    leaves: Sequence[Entry], shapes: Sequence[Shape], outline: Shape | None
) -> tuple[list[Shape], list[Node], list[Problem]]:
    """Node the valid shapes among themselves and with the outline; the others stay as they are."""
    every = [*shapes] if outline is None else [*shapes, outline]
    sound = [i for i, valid in enumerate(shapely.is_valid(every)) if valid]
    try:
        done, nodes = node([every[i] for i in sound])
    except GeometryError as error:
        return every, [], [_refused(error, leaves)]
    for i, shape in zip(sound, done, strict=True):
        every[i] = shape
    return every, nodes, []


def _refused(error: GeometryError, leaves: Sequence[Entry]) -> Problem:
    lon, lat = error.lon, error.lat
    if lon is None or lat is None:
        lon, lat = shapely.get_coordinates(leaves[0].shape)[0].tolist()
    message = f"noding would make a shape that crosses itself: {error.message}"
    return Problem("invalid", (), lon, lat, message)


def _unite(tree: Tree, drawn: dict[str, Shape]) -> list[Problem]:
    """Add the union of its children for every parent, from below up; compare given polygons."""
    children: dict[str, list[Entry]] = {}
    for entry in tree.entries.values():
        if entry.parent is not None:
            children.setdefault(entry.parent, []).append(entry)
    differences: list[Problem] = []
    for code in sorted(children, key=lambda code: -tree.entries[code].level.depth):
        drawn[code] = union_on_lattice([drawn[child.code] for child in children[code]])
        given = tree.entries[code].shape
        if given is not None:
            differences += _difference(code, given, drawn[code])
    return differences


def _difference(code: str, given: Shape, united: Shape) -> list[Problem]:
    """Return where a parent's own polygon differs from the union of its children."""
    if not given.is_valid:
        return check_coverage([given], [code])
    (own, below), _ = node([given, united])
    found = check_nesting(own, code, [below], [code])
    return [
        Problem(p.kind, (code,), p.lon, p.lat, f"{code} is not its children: {p.message}",
                p.size_m, p.area_m2)
        for p in found
    ]  # fmt: skip


def _units(tree: Tree, drawn: Mapping[str, Shape]) -> dict[str, Unit]:
    households: dict[str, int] = {}
    parents = {entry.parent for entry in tree.entries.values()}
    below: dict[str, int] = {}
    for entry in sorted(tree.entries.values(), key=lambda entry: -entry.level.depth):
        counted = below.get(entry.code, 0)
        households[entry.code] = counted if entry.households is None else entry.households
        if entry.parent is not None:
            below[entry.parent] = below.get(entry.parent, 0) + households[entry.code]
    return {
        code: Unit(
            code=code,
            level=entry.level.level,
            name=entry.name,
            parent_code=entry.parent,
            shape=drawn[code],
            is_leaf=code not in parents,
            households=households[code],
            legal_parent_code=entry.legal_parent,
            synthetic=entry.synthetic,
        )
        for code, entry in tree.entries.items()
    }
