"""The whole city: official districts and development zones, at exact counts, from one seed."""

from __future__ import annotations

import builtins
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np

from gridgeo.geometry.union import union_on_lattice
from gridgeo.synth.census import take_census
from gridgeo.synth.district import DistrictTask, Site, cut_district
from gridgeo.synth.gather import standing_tables
from gridgeo.synth.landmarks import ERQI_TOWER, WHOLE_CITY_LANDMARKS
from gridgeo.synth.model import SynthCity, SynthUnit
from gridgeo.synth.outlines import shared_rings
from gridgeo.synth.overlays import overlays
from gridgeo.synth.rings import Frame, degrees_polygon
from gridgeo.synth.sizes import ZHENGZHOU, WholeSizes
from gridgeo.synth.township import Shares, TownshipTask, furnish_township
from gridgeo.synth.zones import ground_of, with_zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import shapely

    from gridgeo.synth.census import TownshipPlan
    from gridgeo.synth.district import DistrictGround
    from gridgeo.synth.model import Division
    from gridgeo.synth.rings import Ring
    from gridgeo.synth.township import TownshipGround

Task = TypeVar("Task")
Done = TypeVar("Done")


class Map(Protocol):
    """Applies a function to tasks, maybe in other processes, and gives the results in order."""

    def __call__(
        self, function: Callable[[Task], Done], tasks: Iterable[Task], /
    ) -> Iterable[Done]:
        """Results of the function in the order of the tasks."""


def whole_city(
    seed: int,
    outlines: Mapping[str, shapely.Polygon],
    divisions: Sequence[Division],
    sizes: WholeSizes = ZHENGZHOU,
    progress: Callable[[str, float], None] | None = None,
    map: Map = builtins.map,
) -> SynthCity:
    """Make a city of several districts and of the development zones on their ground.

    The same arguments give the same city, whatever ``map`` is: every task has a seed of its own.
    Townships hang on the unit that administers them, ``legal_parent_code`` names the official
    district where that is another one. A zone is the union of its townships, an official district
    of those that it kept.

    Parameters
    ----------
    seed : int
        Seed of every choice.
    outlines : mapping of str to Polygon
        Official districts in degrees (lon, lat), without holes, by code: an exact coverage.
    divisions : sequence of Division
        One city and the official list, zones among the districts; what stands on other ground is
        left out.
    sizes : WholeSizes
        The exact counts.
    progress : callable, optional
        Told a step (``districts``, ``townships``) and its finished share.
    map : callable
        Applies a function to tasks in order; that of a process pool makes use of more cores.

    Returns
    -------
    SynthCity
        ``units`` with parents before children, districts and townships in code order.

    Raises
    ------
    ValueError
        When the counts cannot be reached.
    InvalidShape
        When the outlines are no coverage.
    SplitError
        When the ground is too narrow to be cut for all units.
    """
    report = progress or (lambda _step, _share: None)
    chance, cutting, filling = np.random.SeedSequence(seed).spawn(3)
    rng = np.random.default_rng(chance)
    latitude = float(np.mean([outline.centroid.y for outline in outlines.values()]))
    rows = with_zones(divisions, outlines)
    plans = take_census(rows, sizes, rng)
    rings = shared_rings(outlines, sizes.ground.outline_spacing_m, Frame(latitude))
    cut_tasks = _district_tasks(rings, plans, sizes, latitude, cutting)
    grounds = _followed(map(cut_district, cut_tasks), [1] * len(cut_tasks), "districts", report)
    names = {row.code: row.name for row in rows if row.level == "district"}
    fill_tasks = _township_tasks(grounds, plans, names, sizes, latitude, filling, rng)
    leaves = [task.plan.leaves for task in fill_tasks]
    filled = _followed(map(furnish_township, fill_tasks), leaves, "townships", report)
    filled.sort(key=lambda ground: ground.code)
    units = tuple(_units(rows, plans, rings, grounds, filled))
    crossings = np.concatenate([ground.crossings for ground in filled])
    crossings = crossings[rng.permutation(len(crossings))]
    frame = Frame(latitude)
    return SynthCity(
        seed=seed,
        units=units,
        exclusive_grids=overlays(units, crossings, sizes.exclusive_grids, frame, rng),
        **standing_tables(
            units, grounds, filled, (ERQI_TOWER, *WHOLE_CITY_LANDMARKS), sizes.ponding_points, rng
        ),
    )


def _followed(
    results: Iterable[Done],
    weights: Sequence[int],
    step: str,
    report: Callable[[str, float], None],
) -> list[Done]:
    """Collect results and tell their share of all the work."""
    found, done = [], 0
    for weight, result in zip(weights, results, strict=True):
        found.append(result)
        done += weight
        report(step, done / sum(weights))
    return found


def _district_tasks(
    rings: Mapping[str, Ring],
    plans: Sequence[TownshipPlan],
    sizes: WholeSizes,
    latitude: float,
    seed: np.random.SeedSequence,
) -> list[DistrictTask]:
    sites: dict[str, list[Site]] = defaultdict(list)
    for plan in plans:
        site = Site(plan.row.code, str(plan.row.parent_code), plan.leaves)
        sites[ground_of(plan.row)].append(site)
    return [
        DistrictTask(
            code, rings[code], tuple(sites[code]), own, latitude, sizes.township_km2, sizes.ground
        )
        for code, own in zip(rings, seed.spawn(len(rings)), strict=True)
    ]


def _township_tasks(
    grounds: Sequence[DistrictGround],
    plans: Sequence[TownshipPlan],
    districts: Mapping[str, str],
    sizes: WholeSizes,
    latitude: float,
    seed: np.random.SeedSequence,
    rng: np.random.Generator,
) -> list[TownshipTask]:
    """One task for each township, the largest first."""
    rings = {code: ring for ground in grounds for code, ring in ground.townships.items()}
    tasks = [
        TownshipTask(
            plan,
            rings[plan.row.code],
            shares,
            districts[str(plan.row.parent_code)],
            own,
            latitude,
            sizes.estates_per_grid,
            sizes.ground,
        )
        for plan, shares, own in zip(
            plans, _shares(plans, sizes, rng), seed.spawn(len(plans)), strict=True
        )
    ]
    return sorted(tasks, key=lambda task: -task.plan.leaves)


def _shares(
    plans: Sequence[TownshipPlan], sizes: WholeSizes, rng: np.random.Generator
) -> list[Shares]:
    """Part the city's cameras, sensors and volunteers among the townships."""
    leaves = np.array([plan.leaves for plan in plans])
    micro = np.array([plan.micro_grids for plan in plans])
    cameras = rng.multinomial(sizes.cameras - sizes.estate_cameras, leaves / leaves.sum())
    estate = np.where(np.arange(len(plans)) == np.argmax(micro), sizes.estate_cameras, 0)
    sensors = rng.multinomial(sizes.sensors, leaves / leaves.sum())
    more = min(max(0, sizes.duty_posts - _usual_posts(plans)), int(micro.sum()))
    volunteers = rng.multivariate_hypergeometric(micro, more)
    columns = (cameras + estate, sensors, volunteers, estate)
    return [Shares(*row) for row in np.column_stack(columns).tolist()]


def _usual_posts(plans: Sequence[TownshipPlan]) -> int:
    """Count the posts that units have by their level: 1 in general, 2 a grid, 3 a micro-grid."""
    seats = {plan.row.parent_code for plan in plans}
    communities = sum(len(plan.communities) for plan in plans)
    grids = sum(len(c.micro_grids) for plan in plans for c in plan.communities)
    micro = sum(plan.micro_grids for plan in plans)
    return 1 + len(seats) + len(plans) + communities + 2 * grids + 3 * micro


def _units(
    rows: Sequence[Division],
    plans: Sequence[TownshipPlan],
    rings: Mapping[str, Ring],
    grounds: Sequence[DistrictGround],
    filled: Sequence[TownshipGround],
) -> Iterator[SynthUnit]:
    """All units: the city, then each district with its townships and all below them."""
    households = {ground.code: ground.units[0].households for ground in filled}
    city = next(row for row in rows if row.level == "city")
    below: dict[str | None, list[TownshipGround]] = defaultdict(list)
    legal = {plan.row.code: plan.row for plan in plans}
    for ground in filled:
        below[legal[ground.code].parent_code].append(ground)
    whole = union_on_lattice([degrees_polygon(ring) for ring in rings.values()])
    yield _upper(city, whole, sum(households.values()), shape_synthetic=False)
    for row in (row for row in rows if row.level == "district"):
        parts = [ground.parts[row.code] for ground in grounds if row.code in ground.parts]
        shape = union_on_lattice([degrees_polygon(part) for part in parts])
        carved = row.code not in rings or not np.array_equal(parts[0], rings[row.code])
        total = sum(households[ground.code] for ground in below[row.code])
        yield _upper(row, shape, total, shape_synthetic=carved)
        for ground in below[row.code]:
            yield from _lower(ground, legal[ground.code].legal_parent_code)


def _upper(
    row: Division,
    shape: shapely.Polygon | shapely.MultiPolygon,
    households: int,
    *,
    shape_synthetic: bool,
) -> SynthUnit:
    return SynthUnit(
        code=row.code,
        level=row.level,
        name=row.name,
        parent_code=row.parent_code,
        shape=shape,
        kind="urban",
        households=households,
        name_synthetic=row.synthetic,
        shape_synthetic=shape_synthetic,
    )


def _lower(ground: TownshipGround, legal_parent_code: str | None) -> Iterator[SynthUnit]:
    """Units of a township, parents before children; its legal parent is its own alone."""
    for unit, shape in zip(ground.units, ground.shapes.geometries(), strict=True):
        yield SynthUnit(
            code=unit.code,
            level=unit.level,
            name=unit.name,
            parent_code=unit.parent_code,
            shape=shape,
            kind=unit.kind,
            households=unit.households,
            name_synthetic=unit.name_synthetic,
            shape_synthetic=True,
            legal_parent_code=legal_parent_code if unit.level == "township" else None,
        )
