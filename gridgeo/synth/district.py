"""Cut one official outline into townships, those of a development zone side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.synth.carve import Carver
from gridgeo.synth.plan import Node
from gridgeo.synth.retry import first_success
from gridgeo.synth.rings import Frame
from gridgeo.synth.streets import barriers, lamps, roads, uses
from gridgeo.synth.table import Drawn
from gridgeo.synth.township_hints import WHOLE_CITY_HINTS
from gridgeo.synth.zones import ZONE_SIDE

if TYPE_CHECKING:
    from gridgeo.synth.rings import Ring
    from gridgeo.synth.sizes import Sizes
    from gridgeo.synth.streets import Lines

_NORTH = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Site:
    """A township to come: its code, who administers it, and its count of leaves."""

    code: str
    seat: str
    leaves: int


@dataclass(frozen=True, slots=True)
class DistrictTask:
    """All that is needed to cut one official outline; passed to another process as it is."""

    code: str
    ring: Ring
    sites: tuple[Site, ...]
    seed: np.random.SeedSequence
    aspect_latitude_deg: float
    township_km2: float
    ground: Sizes


@dataclass(frozen=True, slots=True)
class DistrictGround:
    """Rings of townships and of the part of each seat in the outline, by code, and the lines."""

    code: str
    townships: dict[str, Ring]
    parts: dict[str, Ring]
    roads: Lines
    barriers: Lines
    lamps: Drawn


def cut_district(task: DistrictTask) -> DistrictGround:
    """Cut an outline into its townships; each seat's part stays in one piece.

    Raises
    ------
    SplitError
        When the ground is too narrow to be cut, however often it is tried.
    """
    return first_success(lambda rng: _cut(task, rng), task.seed)


def _cut(task: DistrictTask, rng: np.random.Generator) -> DistrictGround:
    frame = Frame(task.aspect_latitude_deg)
    seats = _seats(task)
    root = _root(task, seats)
    _spread(root, 1.0)
    carver = Carver(task.ground, frame, rng)
    carver.carve(root, task.ring, lambda _share: None)
    used = uses(carver.cuts, frame, rng)
    lights = lamps(carver.cuts, used, task.ground.lamp_spacing_m, frame)
    return DistrictGround(
        task.code,
        {node.code: node.outline() for seat in seats for node in seat.children},
        {seat.code: seat.outline() for seat in seats},
        roads(carver.cuts, used),
        barriers(carver.cuts, used),
        Drawn.points(lights),
    )


def _seats(task: DistrictTask) -> list[Node]:
    """One node for the district and for each zone on its ground, its townships below."""
    below: dict[str, list[Node]] = defaultdict(list)
    for site in task.sites:
        below[site.seat].append(_township(site, task))
    return [_group(seat, below[seat]) for seat in sorted(below)]


def _township(site: Site, task: DistrictTask) -> Node:
    hint = WHOLE_CITY_HINTS.get(site.code)
    area_km2 = hint.area_km2 if hint else task.township_km2
    node = Node("township", site.code, "", "", "urban", area_km2, 0.0)
    node.position = (hint.lon, hint.lat) if hint else None
    node.leaf_area = 1.0 / site.leaves
    return node


def _group(code: str, nodes: list[Node]) -> Node:
    """Put nodes under one; those without a place get the mean place of the others."""
    known = [node.position for node in nodes if node.position is not None]
    group = Node("township", code, "", "", "urban", sum(node.weight for node in nodes), 0.0)
    group.children = nodes
    if known:
        lon, lat = np.mean(known, axis=0).tolist()
        group.position = (lon, lat)
        for node in nodes:
            node.position = node.position or group.position
    return group


def _root(task: DistrictTask, seats: list[Node]) -> Node:
    """Keep the zones together on their side of the outline, from south to north."""
    zones = [seat for seat in seats if seat.code != task.code]
    own = [seat for seat in seats if seat.code == task.code]
    if len(zones) > 1:
        together = _group("", zones)
        together.heading = _NORTH
        zones = [together]
    root = _group(task.code, own + zones)
    if zones and own:
        root.heading = _placed(own[0], zones[0], ZONE_SIDE.get(task.code))
    return root


def _placed(own: Node, zones: Node, side: tuple[float, float] | None) -> tuple[float, float] | None:
    """Put the zones' mean place to the given side of the district's own."""
    if side is not None and own.position is not None:
        lon, lat = own.position
        zones.position = (lon + side[0], lat + side[1])
    return side


def _spread(node: Node, share: float) -> None:
    """Turn leaf areas as parts of a township into parts of the whole, least first upwards."""
    if not node.children:
        node.leaf_area *= share
        return
    total = sum(child.weight for child in node.children)
    for child in node.children:
        _spread(child, share * child.weight / total)
    node.leaf_area = min(child.leaf_area for child in node.children)
