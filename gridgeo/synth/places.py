"""Places with names and addresses, and the duty posts of every unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from shapely import Point

from gridgeo.geometry.lattice import to_degrees, to_lattice
from gridgeo.synth.table import Drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import MultiPolygon, Polygon

    from gridgeo.synth.hints import Landmark
    from gridgeo.synth.model import SynthUnit
    from gridgeo.synth.plan import Node
    from gridgeo.synth.rings import Ring
    from gridgeo.synth.standing import Standing
    from gridgeo.synth.streets import Lines


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


class Spots(NamedTuple):
    """Places: a point, a name, a kind and an address for each."""

    points: Drawn
    names: NDArray[np.str_]
    kinds: NDArray[np.str_]
    addresses: NDArray[np.str_]


class Posts(NamedTuple):
    """Duty posts: a point, a code, a kind and the code of its unit for each."""

    points: Drawn
    codes: NDArray[np.str_]
    kinds: NDArray[np.str_]
    unit_codes: NDArray[np.str_]


def spots(
    rows: Sequence[tuple[str, str, Ring]],
    district: str,
    roads: Lines,
    rng: np.random.Generator,
) -> Spots:
    """Give addresses along named roads to places (name, kind, lattice point)."""
    names = roads.names[roads.kinds != "lane"].tolist() or [district]
    addresses = [
        f"{district}{names[int(rng.integers(len(names)))]}{int(rng.integers(1, 300))}号"
        for _ in rows
    ]
    found, kinds, points = zip(*rows, strict=True)
    return Spots(
        Drawn.points(np.array(points)), np.array(found), np.array(kinds), np.array(addresses)
    )


def landmark_places(
    landmarks: Sequence[Landmark], outline: Polygon | MultiPolygon
) -> Iterator[tuple[str, str, Ring]]:
    """Landmarks inside the outline (degrees): name, kind and lattice point."""
    for landmark in landmarks:
        at = to_lattice([landmark.lon, landmark.lat])
        if outline.contains(Point(to_degrees(at))):
            yield landmark.name.removesuffix("专属网格"), "landmark", at.astype(np.int64)


def unit_places(
    node: Node, standing: Standing, rng: np.random.Generator, estates: float = 0.0
) -> list[tuple[str, str, Ring]]:
    """Places of a unit and of all below it, each at a door in one of the unit's leaves.

    ``estates`` is the chance of a named housing estate in a grid with micro-grids.
    """
    rows: list[tuple[str, str, Ring]] = []
    _gather(node, 0, standing, estates, rng, rows)
    return rows


def _gather(
    node: Node,
    first: int,
    standing: Standing,
    estates: float,
    rng: np.random.Generator,
    rows: list[tuple[str, str, Ring]],
) -> int:
    """Add the places of a unit from a position among the leaves; give that after its last leaf."""
    kinds = {"township": _OF_TOWNSHIP, "community": _OF_COMMUNITY}.get(node.level, ())
    if estates and node.level == "grid" and node.children:
        kinds = (PlaceKind("residential_estate", "小区", estates),)
    count = node.leaf_count()
    for place in kinds:
        if rng.random() < place.per_unit:
            doors = standing.doors(first + int(rng.integers(count)))
            rows.append(
                (node.short + place.ending, place.kind, doors[int(rng.integers(len(doors)))])
            )
    for child in node.children:
        first = _gather(child, first, standing, estates, rng, rows)
    return first if node.children else first + 1


def duty_posts(node: Node, free_points: Ring, volunteers: NDArray[np.int64]) -> Posts:
    """List the posts of a unit and of all below it, each at the free point of its first leaf.

    ``volunteers`` (leaves,) counts the posts that a leaf has beyond those of its level.
    """
    rows: list[tuple[str, str, str, int]] = []
    _posts(node, 0, volunteers.tolist(), rows)
    codes, kinds, units, at = zip(*rows, strict=True)
    points = Drawn.points(free_points[list(at)])
    return Posts(points, np.array(codes), np.array(kinds), np.array(units))


def _posts(
    node: Node, first: int, volunteers: list[int], rows: list[tuple[str, str, str, int]]
) -> int:
    more = () if node.children else ("volunteer_post",) * volunteers[first]
    for number, kind in enumerate(_POSTS[node.level] + more, start=1):
        rows.append((f"{node.code}-D{number}", kind, node.code, first))
    after = first
    for child in node.children:
        after = _posts(child, after, volunteers, rows)
    return after if node.children else first + 1


def unit_posts(units: Sequence[SynthUnit], seats: Mapping[str, Ring]) -> Posts:
    """List the posts of the city and its districts, each where its first township has its own."""
    rows = []
    for unit in units:
        if unit.level in ("city", "district"):
            first = next(u.code for u in units if u.code in seats and _is_below(u, unit))
            rows.append((unit, seats[first]))
    kinds = [_POSTS[unit.level][0] for unit, _ in rows]
    return Posts(
        Drawn.points(np.concatenate([point for _, point in rows])),
        np.array([f"{unit.code}-D1" for unit, _ in rows]),
        np.array(kinds),
        np.array([unit.code for unit, _ in rows]),
    )


def _is_below(township: SynthUnit, unit: SynthUnit) -> bool:
    return unit.level == "city" or township.parent_code == unit.code
