"""Exclusive grids of the whole city: landmarks by name, small generated ones across borders."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridgeo.geometry.lattice import snap, to_degrees, to_lattice
from gridgeo.synth.circle import business_circle
from gridgeo.synth.divisions import short_name
from gridgeo.synth.exclusive import bulges, exclusive_code, star_ring
from gridgeo.synth.landmarks import (
    ERQI_DISTRICTS,
    ERQI_KM2,
    ERQI_STREETS,
    ERQI_TOWER,
    WHOLE_CITY_LANDMARKS,
)
from gridgeo.synth.model import SynthExclusiveGrid, SynthUnit
from gridgeo.synth.rings import degrees_polygon

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from gridgeo.synth.rings import Frame, Ring

_CORNERS = 20
_RADIUS_M = (35.0, 160.0)
_LEAST_ROOM = 1e-3
"""Degrees to the outline below which a landmark gets no exclusive grid: about 100 m."""


class Sort(NamedTuple):
    """A sort of place, how its name ends, and who answers for it."""

    kind: str
    ending: str
    parties: tuple[str, ...]


_SORTS = (
    Sort("school", "学校", ("{}学校保卫科", "{}教育办公室")),
    Sort("hospital", "医院", ("{}医院", "{}卫生办公室")),
    Sort("mall", "商业中心", ("{}商业中心物业",)),
    Sort("market", "市场", ("{}市场管理方", "{}市场监督管理所")),
    Sort("park", "公园", ("{}公园管理处",)),
    Sort("hub", "公交枢纽", ("{}公交枢纽站务室", "{}交通警察中队")),
    Sort("industry", "产业园", ("{}产业园管理方",)),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An exclusive grid that has no code yet."""

    name: str
    kind: str
    shape: shapely.Polygon
    parties: tuple[str, ...]


def overlays(
    units: Sequence[SynthUnit],
    crossings: Ring,
    count: int,
    frame: Frame,
    rng: np.random.Generator,
) -> tuple[SynthExclusiveGrid, ...]:
    """Lay ``count`` exclusive grids over the city, each across a border of communities.

    Parameters
    ----------
    units : sequence of SynthUnit
        All units; the first is the city.
    crossings : int64 array (n, 2)
        Lattice points on borders between communities, to lay generated ones around.

    Returns
    -------
    Landmarks first. A code is that of the lowest unit from the townships up that covers the grid,
    and a number: with a community's code it would be that of one of the community's own grids.

    Raises
    ------
    ValueError
        When there are too few crossings.
    """
    city = units[0].shape
    shapely.prepare(city)
    communities = [unit for unit in units if unit.level == "community"]
    tree = shapely.STRtree([unit.shape for unit in communities])
    drafts = [*erqi_circle(units, frame), *_known(city, frame, rng)][:count]
    rings = _around(crossings, frame, rng)
    shapes = np.asarray(shapely.polygons(to_degrees(rings)), dtype=np.object_)
    shapes = shapes[shapely.contains_properly(city, shapes) & shapely.is_valid(shapes)]
    met = _met(tree, np.array([*(draft.shape for draft in drafts), *shapes], dtype=object))
    fresh = [k for k in range(len(drafts), len(met)) if len(met[k]) > 1][: count - len(drafts)]
    if len(drafts) + len(fresh) < count:
        raise ValueError(f"room for {len(drafts) + len(fresh)} exclusive grids, not for {count}")
    picks = rng.integers(len(_SORTS), size=len(fresh)).tolist()
    made = [
        _generated(shapes[k - len(drafts)], communities[met[k][0]], _SORTS[pick], number)
        for number, (k, pick) in enumerate(zip(fresh, picks, strict=True), start=1)
    ]
    homes = [met[k] for k in (*range(len(drafts)), *fresh)]
    return tuple(_numbered([*drafts, *made], homes, communities, units))


def erqi_circle(units: Sequence[SynthUnit], frame: Frame) -> list[Draft]:
    """Draw the Erqi Tower business circle where its three districts are on the map."""
    streets = [u for u in units if u.level == "township" and u.parent_code in ERQI_DISTRICTS]
    if {street.parent_code for street in streets} != set(ERQI_DISTRICTS):
        return []
    shape = business_circle(
        [street.shape for street in streets if isinstance(street.shape, shapely.Polygon)],
        [str(street.parent_code) for street in streets],
        (ERQI_TOWER.lon, ERQI_TOWER.lat),
        ERQI_STREETS,
        ERQI_KM2,
        frame,
    )
    if shape is None:
        return []
    return [Draft(ERQI_TOWER.name, ERQI_TOWER.kind, snap(shape), ERQI_TOWER.parties)]


def _known(
    city: shapely.Polygon | shapely.MultiPolygon, frame: Frame, rng: np.random.Generator
) -> list[Draft]:
    """Landmarks on the city's ground, each within it."""
    found = []
    for mark in WHOLE_CITY_LANDMARKS:
        point = shapely.Point(mark.lon, mark.lat)
        if city.contains(point) and city.boundary.distance(point) > _LEAST_ROOM:
            at = to_lattice([mark.lon, mark.lat]).astype(np.int64)
            radii = mark.radius_m * bulges(rng)
            shape = degrees_polygon(_within(at, radii, city, frame))
            found.append(Draft(mark.name, mark.kind, shape, mark.parties))
    return found


def _within(
    at: Ring,
    radii_m: NDArray[np.float64],
    city: shapely.Polygon | shapely.MultiPolygon,
    frame: Frame,
) -> Ring:
    """Ring around a point, made smaller until it lies inside the city."""
    while True:
        ring = star_ring(at, frame.units(1.0) * radii_m, frame)
        if city.contains_properly(degrees_polygon(ring)):
            return ring
        radii_m = 0.9 * radii_m


def _around(centres: Ring, frame: Frame, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rings (n, 20, 2) around lattice points (n, 2)."""
    count = len(centres)
    turns = 2 * math.pi * np.arange(_CORNERS) / _CORNERS
    size = np.exp(rng.uniform(math.log(_RADIUS_M[0]), math.log(_RADIUS_M[1]), count))[:, None]
    phase = rng.uniform(0.0, 2 * math.pi, (count, 1))
    radii = size * (1.0 + 0.2 * np.sin(2 * turns + phase) + 0.08 * np.sin(5 * turns + 2 * phase))
    ways = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    rays = frame.units(1.0) * radii[:, :, None] * ways
    return np.asarray(frame.lattice(rays) + centres[:, None, :], dtype=np.int64)


def _met(tree: shapely.STRtree, shapes: NDArray[np.object_]) -> list[list[int]]:
    """Positions of the communities that each shape meets, in order."""
    found: list[list[int]] = [[] for _ in shapes]
    for shape, home in sorted(tree.query(shapes, predicate="intersects").T.tolist()):
        found[shape].append(home)
    return found


def _generated(shape: shapely.Polygon, home: SynthUnit, sort: Sort, number: int) -> Draft:
    base = f"{short_name(home.name)}{number}号"
    parties = tuple(pattern.format(base) for pattern in sort.parties)
    return Draft(f"{base}{sort.ending}专属网格", sort.kind, shape, parties)


def _numbered(
    drafts: Sequence[Draft],
    homes: Sequence[Sequence[int]],
    communities: Sequence[SynthUnit],
    units: Sequence[SynthUnit],
) -> Iterable[SynthExclusiveGrid]:
    parents = {unit.code: unit.parent_code for unit in units}
    counts: dict[str, int] = defaultdict(int)
    for draft, met in zip(drafts, homes, strict=True):
        townships = [str(communities[k].parent_code) for k in met]
        ancestor = common_ancestor(townships, parents)
        counts[ancestor] += 1
        code = exclusive_code(ancestor, counts[ancestor])
        yield SynthExclusiveGrid(code, draft.name, draft.kind, draft.shape, draft.parties)


def common_ancestor(codes: Sequence[str], parents: Mapping[str, str | None]) -> str:
    """Code of the lowest unit that is each of the units or above it."""
    chains = [_chain(code, parents) for code in set(codes)]
    return next(code for code in chains[0] if all(code in chain for chain in chains))


def _chain(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """List a unit and all above it, lowest first."""
    above = parents[code]
    return [code] if above is None else [code, *_chain(above, parents)]
