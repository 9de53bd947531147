"""One township of the whole city: its units, and all that stands in them, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.synth.carve import Carver
from gridgeo.synth.households import settle
from gridgeo.synth.label import each_with_parent, label, leaf_nodes
from gridgeo.synth.places import Posts, Spots, duty_posts, spots, unit_places
from gridgeo.synth.plan import (
    Node,
    community_node,
    rural_grid,
    spread_leaf_area,
    township_node,
    urban_grid,
    with_ground,
)
from gridgeo.synth.retry import first_success
from gridgeo.synth.rings import Frame
from gridgeo.synth.standing import DeviceCounts, Standing, furnish
from gridgeo.synth.streets import Lines, barriers, lamps, ponding_points, roads, uses
from gridgeo.synth.table import Drawn
from gridgeo.synth.tables import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.carve import Cut
    from gridgeo.synth.census import CommunityPlan, TownshipPlan
    from gridgeo.synth.model import Level, UnitKind
    from gridgeo.synth.rings import Ring
    from gridgeo.synth.sizes import Sizes

_LOW_POINTS = 4
_CROSSINGS = 90


class Shares(NamedTuple):
    """What a township gets of the city's counts."""

    cameras: int
    sensors: int
    volunteers: int
    estate_cameras: int


@dataclass(frozen=True, slots=True)
class TownshipTask:
    """All that is needed to furnish one township; passed to another process as it is."""

    plan: TownshipPlan
    ring: Ring
    shares: Shares
    district: str
    seed: np.random.SeedSequence
    aspect_latitude_deg: float
    estates: float
    ground: Sizes


class UnitRow(NamedTuple):
    """A unit but for its shape."""

    code: str
    level: Level
    name: str
    parent_code: str | None
    kind: UnitKind
    households: int
    name_synthetic: bool


@dataclass(frozen=True, slots=True)
class TownshipGround:
    """A township with all below; ``low`` and ``crossings`` are points (n, 2) on borders."""

    code: str
    units: list[UnitRow]
    shapes: Drawn
    leaf_codes: NDArray[np.str_]
    footprints: Drawn
    entrances: Drawn
    households: NDArray[np.int64]
    building_leaf: NDArray[np.int64]
    parks: Drawn
    park_names: list[str]
    devices: Drawn
    device_kinds: NDArray[np.str_]
    device_leaf: NDArray[np.int64]
    places: Spots
    posts: Posts
    roads: Lines
    barriers: Lines
    lamps: Drawn
    low: Ring
    crossings: Ring


def furnish_township(task: TownshipTask) -> TownshipGround:
    """Cut a township's ring down to the leaves and put everything into them.

    Raises
    ------
    SplitError
        When the ground is too narrow to be cut, however often it is tried.
    """
    return first_success(lambda rng: _furnished(task, rng), task.seed)


def _furnished(task: TownshipTask, rng: np.random.Generator) -> TownshipGround:
    frame = Frame(task.aspect_latitude_deg)
    root = _planned(task, rng)
    carver = Carver(task.ground, frame, rng)
    carver.carve(root, task.ring, lambda _share: None)
    settle(root, task.ground.outlier_share, rng)
    label(root)
    leaves = list(leaf_nodes(root))
    counts = _device_counts(leaves, task.shares, rng)
    standing = furnish(leaves, task.ground, frame, rng, lambda _share: None, counts)
    return _gathered(task, root, leaves, standing, carver.cuts, frame, rng)


def _planned(task: TownshipTask, rng: np.random.Generator) -> Node:
    plans = task.plan.communities
    root = township_node(task.plan.row, [plan.row for plan in plans], rng)
    root.children = [_community(plan, root, task.ground, rng) for plan in plans]
    spread_leaf_area(root, 1.0)
    return root


def _community(plan: CommunityPlan, parent: Node, ground: Sizes, rng: np.random.Generator) -> Node:
    node = community_node(plan.row, parent, rng)
    node.children = [
        urban_grid(node, count, rng) if count else rural_grid(node, ground, rng)
        for count in plan.micro_grids
    ]
    return with_ground(node, rng)


def _device_counts(
    leaves: Sequence[Node], shares: Shares, rng: np.random.Generator
) -> DeviceCounts:
    """Share the township's devices among its leaves; the estate is one grid with micro-grids."""
    even = np.full(len(leaves), 1.0 / len(leaves))
    cameras = rng.multinomial(shares.cameras - shares.estate_cameras, even)
    if shares.estate_cameras:
        estate = next(leaf.code[:-3] for leaf in leaves if leaf.level == "micro_grid")
        inside = np.array([leaf.code.startswith(estate) for leaf in leaves])
        cameras += rng.multinomial(shares.estate_cameras, inside / inside.sum())
    return DeviceCounts(cameras, rng.multinomial(shares.sensors, even))


def _gathered(
    task: TownshipTask,
    root: Node,
    leaves: Sequence[Node],
    standing: Standing,
    cuts: Sequence[Cut],
    frame: Frame,
    rng: np.random.Generator,
) -> TownshipGround:
    used = uses(cuts, frame, rng)
    centrelines = roads(cuts, used)
    pairs = list(each_with_parent(root, task.plan.row.parent_code))
    between = [cut.line for cut in cuts if cut.level == "community"]
    return TownshipGround(
        code=root.code,
        units=[
            UnitRow(n.code, n.level, n.name, parent, n.kind, n.households, n.name_synthetic)
            for n, parent in pairs
        ],
        shapes=Drawn.of("polygon", (node.outline() for node, _ in pairs)),
        leaf_codes=texts(leaf.code for leaf in leaves),
        footprints=Drawn.of("polygon", standing.footprints),
        entrances=Drawn.points(standing.entrances),
        households=standing.households,
        building_leaf=standing.building_leaf,
        parks=Drawn.of("polygon", (ring for _, ring in standing.parks)),
        park_names=[f"{leaves[k].short}游园" for k, _ in standing.parks],
        devices=Drawn.points(standing.devices),
        device_kinds=standing.device_kinds,
        device_leaf=standing.device_leaf,
        places=spots(
            unit_places(root, standing, rng, task.estates), task.district, centrelines, rng
        ),
        posts=duty_posts(root, standing.free_points, _volunteers(leaves, task.shares, rng)),
        roads=centrelines,
        barriers=barriers(cuts, used),
        lamps=Drawn.points(lamps(cuts, used, task.ground.lamp_spacing_m, frame)),
        low=ponding_points(cuts, used, _LOW_POINTS, rng),
        crossings=_crossings(between, rng),
    )


def _volunteers(
    leaves: Sequence[Node], shares: Shares, rng: np.random.Generator
) -> NDArray[np.int64]:
    """One further post (n,) in each of so many micro-grids."""
    found = np.zeros(len(leaves), dtype=np.int64)
    micro = np.flatnonzero([leaf.level == "micro_grid" for leaf in leaves])
    found[rng.choice(micro, shares.volunteers, replace=False)] = 1
    return found


def _crossings(lines: Sequence[Ring], rng: np.random.Generator) -> Ring:
    """Inner vertices of the lines between communities, at most 90, in no order."""
    inner = np.concatenate([line[1:-1] for line in lines] + [np.zeros((0, 2), dtype=np.int64)])
    return inner[rng.permutation(len(inner))[:_CROSSINGS]]
