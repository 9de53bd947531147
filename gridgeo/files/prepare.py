"""Layers to units: everything between reading the files and publishing the map."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gridgeo.files.build import Built, Parents, build, given_outline, leaves_of
from gridgeo.files.columns import Columns
from gridgeo.files.entries import read_entries
from gridgeo.files.ground import Zone, on_the_lattice
from gridgeo.files.model import Entry, Layer
from gridgeo.files.overlays import Overlay, read_overlays, repeated
from gridgeo.files.tree import Tree, assemble
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.repair import LedgerRow, Repaired, repair
from gridgeo.geometry.settling import Limits
from gridgeo.units.model import Profile, Shape, check_codes

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Choices:
    """How a city is made of its layers.

    `levels` holds one level for each layer, None where the file or the codes say it.
    """

    columns: Columns
    levels: Sequence[str | None]
    crs: str | None = None
    parents: Parents = "given"
    limits: Limits | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Units ready to be published, or what stands against it.

    `where` says by code which feature a unit comes from, `crs` by file what it was drawn in,
    `source_crs` the same by code; `ledger` is None without a repair.
    """

    built: Built
    problems: Sequence[Problem]
    where: Mapping[str, str]
    ledger: Sequence[LedgerRow] | None
    crs: Mapping[str, str]
    source_crs: Mapping[str, str]


def prepare_city(
    layers: Sequence[Layer], choices: Choices, profile: Profile, step: Step
) -> Prepared:
    """Bring layers to the lattice, join them to a tree, repair if asked for, and build the units.

    Raises
    ------
    BadInput
        A file as a whole cannot be used; see `on_the_lattice` and `Columns.pick`.
    """
    zone = Zone.of_planar(profile.planar_srid)
    entries: list[Entry] = []
    problems: list[Problem] = []
    systems: dict[str, str] = {}
    drawn_in: dict[str, str] = {}
    for layer, level in zip(layers, choices.levels, strict=True):
        step(f"placing {layer.file}")
        placed = on_the_lattice(layer, zone, choices.crs)
        found, faults = read_entries(placed, choices.columns, profile, level)
        systems[layer.file] = str(placed.crs)[:40]
        drawn_in.update((entry.code, str(placed.crs)) for entry in found)
        entries += found
        problems += faults
    tree = assemble(entries, profile)
    where = {entry.code: entry.where for entry in tree.entries.values() if entry.where}
    drawn_in = _with_made_units(tree, drawn_in)
    leaves = leaves_of(tree)
    shapes = [leaf.shape for leaf in leaves if leaf.shape is not None]
    ledger: Sequence[LedgerRow] | None = None
    if choices.limits is not None and shapes:
        step("repairing the borders")
        repaired = _repaired(shapes, [leaf.code for leaf in leaves], tree, choices)
        tree, shapes, ledger = _with_outline(tree, repaired), repaired.polygons, repaired.ledger
        left = [problem for problem in repaired.problems if problem.kind != "not_contiguous"]
        if left:
            built = Built({}, [*left, *tree.problems])
            return Prepared(built, [*problems, *built.problems], where, ledger, systems, drawn_in)
    step("noding and checking the map")
    built = build(tree, shapes, choices.parents)
    problems += [*built.problems, *check_codes(built.units.values(), profile)]
    return Prepared(built, problems, where, ledger, systems, drawn_in)


def _with_made_units(tree: Tree, drawn_in: Mapping[str, str]) -> dict[str, str]:
    """Add the units that no feature drew: what all their children were drawn in, if it is one."""
    found: dict[str, str] = dict(drawn_in)
    below: dict[str, set[str]] = {}
    for entry in sorted(tree.entries.values(), key=lambda entry: -entry.level.depth):
        systems = below.get(entry.code, set())
        if entry.code not in found and len(systems) == 1:
            found[entry.code] = next(iter(systems))
        if entry.parent is not None:
            own = {found[entry.code]} if entry.code in found else systems
            below.setdefault(entry.parent, set()).update(own)
    return found


def _repaired(
    shapes: Sequence[Shape], codes: Sequence[str], tree: Tree, choices: Choices
) -> Repaired:
    limits = choices.limits
    assert limits is not None
    return repair(
        shapes, codes,
        max_gap_m=limits.max_gap_m, max_overlap_m=limits.max_overlap_m,
        outline=given_outline(tree, choices.parents),
    )  # fmt: skip


def _with_outline(tree: Tree, repaired: Repaired) -> Tree:
    """Return the tree with the root's own polygon as the repair noded it, if it was used."""
    if repaired.outline is None:
        return tree
    entries = {
        code: replace(entry, shape=repaired.outline) if entry.parent is None else entry
        for code, entry in tree.entries.items()
    }
    return Tree(entries, tree.problems)


def prepare_overlays(
    layers: Sequence[Layer], kind: str, choices: Choices, profile: Profile
) -> tuple[list[Overlay], list[Problem]]:
    """Return exclusive grids with their parties, and what is wrong; they may overlap each other.

    `kind` is that of all, or "@COLUMN" for a column that says it.
    """
    zone = Zone.of_planar(profile.planar_srid)
    overlays: list[Overlay] = []
    problems: list[Problem] = []
    for layer in layers:
        placed = on_the_lattice(layer, zone, choices.crs)
        found, faults = read_overlays(placed, choices.columns, profile, kind)
        overlays += found
        problems += faults
    return overlays, [*problems, *repeated(overlays)]
