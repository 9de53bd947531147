"""Places with names and addresses, and the duty posts of every unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shapely import Point

from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.synth.hints import LANDMARKS
from gridgeo.synth.label import leaf_nodes
from gridgeo.synth.model import SynthDutyPost, SynthPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from shapely import Polygon

    from gridgeo.synth.model import SynthRoad
    from gridgeo.synth.plan import Node


class PlaceKind(NamedTuple):
    """A kind of place, how its name ends, and how many there are for one unit."""

    kind: str
    ending: str
    per_unit: float


_OF_COMMUNITY = (
    PlaceKind("community_service_centre", "党群服务中心", 1.0),
    PlaceKind("school", "小学", 0.45),
    PlaceKind("kindergarten", "幼儿园", 0.6),
    PlaceKind("market", "农贸市场", 0.3),
    PlaceKind("clinic", "卫生服务站", 0.5),
    PlaceKind("bus_stop", "公交站", 0.6),
)
_OF_TOWNSHIP = (
    PlaceKind("government_office", "便民服务中心", 1.0),
    PlaceKind("hospital", "卫生服务中心", 1.0),
    PlaceKind("police_station", "派出所", 1.0),
    PlaceKind("school", "中学", 1.0),
    PlaceKind("station", "地铁站", 0.6),
)
_POSTS = {
    "city": ("city_duty_post",),
    "district": ("district_duty_post",),
    "township": ("township_head",),
    "community": ("community_head",),
    "grid": ("grid_head", "grid_worker"),
    "micro_grid": ("micro_grid_head", "grid_worker", "volunteer_post"),
}


def places(
    root: Node,
    doors: Mapping[str, Sequence[Point]],
    roads: Sequence[SynthRoad],
    outline: Polygon,
    rng: np.random.Generator,
) -> tuple[SynthPlace, ...]:
    """Landmarks on the ground, then places of every township and community, at doors in a leaf."""
    found: list[SynthPlace] = []
    rows = [*_landmarks(outline), *_of_units(root, doors, rng)]
    names = [road.name for road in roads if road.road_class != "lane"] or [root.children[0].name]
    for number, (name, kind, point) in enumerate(rows, start=1):
        address = f"{root.children[0].name}{names[int(rng.integers(len(names)))]}{_door(rng)}号"
        found.append(SynthPlace(f"PL{number:05d}", name, address, kind, point))
    return tuple(found)


def _door(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 300))


def _landmarks(outline: Polygon) -> Iterator[tuple[str, str, Point]]:
    for landmark in LANDMARKS:
        point = Point(to_degrees(to_lattice([landmark.lon, landmark.lat])))
        if outline.contains(point):
            yield landmark.name.removesuffix("专属网格"), "landmark", point


def _of_units(
    node: Node, doors: Mapping[str, Sequence[Point]], rng: np.random.Generator
) -> Iterator[tuple[str, str, Point]]:
    kinds = {"township": _OF_TOWNSHIP, "community": _OF_COMMUNITY}.get(node.level, ())
    leaves = list(leaf_nodes(node)) if kinds else []
    for place in kinds:
        if rng.random() < place.per_unit:
            at = doors[leaves[int(rng.integers(len(leaves)))].code]
            yield node.short + place.ending, place.kind, at[int(rng.integers(len(at)))]
    for child in node.children:
        yield from _of_units(child, doors, rng)


def duty_posts(node: Node, points: Mapping[str, Point]) -> Iterator[SynthDutyPost]:
    """List posts of a unit, at the free point of its first leaf, then those of the units below."""
    point = points[next(leaf_nodes(node)).code]
    for number, kind in enumerate(_POSTS[node.level], start=1):
        yield SynthDutyPost(f"{node.code}-D{number}", kind, node.code, point)
    for child in node.children:
        yield from duty_posts(child, points)
