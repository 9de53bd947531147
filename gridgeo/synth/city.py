"""The seeded city: one district with everything that stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.synth.carve import Carver
from gridgeo.synth.exclusive import exclusive_grids
from gridgeo.synth.hints import LANDMARKS
from gridgeo.synth.households import settle
from gridgeo.synth.label import flatten, label, leaf_nodes
from gridgeo.synth.model import Division, SynthCity
from gridgeo.synth.places import duty_posts, landmark_places, spots, unit_places
from gridgeo.synth.plan import plan_city
from gridgeo.synth.rings import Frame, densified_ring
from gridgeo.synth.sizes import SMALL, TINY, Sizes
from gridgeo.synth.standing import furnish
from gridgeo.synth.streets import barriers, lamps, ponding_points, roads, uses
from gridgeo.synth.table import Drawn
from gridgeo.synth.tables import (
    assets_table,
    barriers_table,
    buildings_table,
    devices_table,
    duty_posts_table,
    places_table,
    ponding_table,
    roads_table,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def city(
    seed: int,
    outline: shapely.Polygon,
    divisions: Sequence[Division],
    sizes: Sizes = SMALL,
    progress: Callable[[str, float], None] | None = None,
) -> SynthCity:
    """Make a city from one district's outline and its official divisions.

    The same arguments give the same bytes. The city's shape equals the district's.

    Parameters
    ----------
    seed : int
        Seed of every choice.
    outline : Polygon
        The district in degrees (lon, lat), without holes. It gets more vertices on the lattice,
        which moves its line by less than one lattice unit.
    divisions : sequence of Division
        One city, one district, its townships and their communities (`select_district`).
    sizes : Sizes
        `SMALL` for a district as it is, `TINY` for tests.
    progress : callable, optional
        Told a step (``units``, ``buildings``) and its finished share, for every leaf.

    Returns
    -------
    SynthCity
        ``units`` with parents before children: townships and communities as listed, grids and
        micro-grids in `numbering_order`.

    Raises
    ------
    ValueError
        When a level is missing in ``divisions``, or no exclusive grid can cross a border.
    SplitError
        When the ground is too narrow to be cut for all units.
    OverflowError
        When a community or grid would need more than 999 children.
    """
    frame = Frame(outline.centroid.y)
    report = progress or (lambda _step, _share: None)
    borders, inside, lines = np.random.default_rng(seed).spawn(3)
    ring = densified_ring(outline, sizes.outline_spacing_m, frame)
    root = plan_city(divisions, sizes, borders)
    carver = Carver(sizes, frame, borders)
    carver.carve(root, ring, lambda share: report("units", share))
    settle(root, sizes.outlier_share, inside)
    label(root)
    leaves = list(leaf_nodes(root))
    standing = furnish(leaves, sizes, frame, inside, lambda share: report("buildings", share))
    used = uses(carver.cuts, frame, lines)
    centrelines = roads(carver.cuts, used)
    units = tuple(flatten(root))
    overlays = exclusive_grids(root, frame, lines)
    low = ponding_points(carver.cuts, used, sizes.ponding_points, lines)
    named = [*landmark_places(LANDMARKS, units[0].shape), *unit_places(root, standing, lines)]
    codes = texts(leaf.code for leaf in leaves)
    return SynthCity(
        seed=seed,
        units=units,
        exclusive_grids=overlays,
        buildings=buildings_table(
            Drawn.of("polygon", standing.footprints),
            Drawn.points(standing.entrances),
            standing.households,
            codes[standing.building_leaf],
        ),
        roads=roads_table(centrelines),
        barriers=barriers_table(barriers(carver.cuts, used)),
        assets=assets_table(
            Drawn.points(lamps(carver.cuts, used, sizes.lamp_spacing_m, frame)),
            Drawn.of("polygon", (ring for _, ring in standing.parks)),
            [f"{leaves[k].short}游园" for k, _ in standing.parks],
        ),
        ponding_points=ponding_table(Drawn.points(low)),
        places=places_table(spots(named, root.children[0].name, centrelines, lines)),
        devices=devices_table(
            Drawn.points(standing.devices), standing.device_kinds, codes[standing.device_leaf]
        ),
        duty_posts=duty_posts_table(
            duty_posts(root, standing.free_points, np.zeros(len(leaves), dtype=np.int64))
        ),
    )


_TINY_DIVISIONS = (
    Division("419900", "示例市", "city", None),
    Division("419901", "示例区", "district", "419900"),
    Division("419901001", "东街街道", "township", "419901"),
    Division("419901100", "西河镇", "township", "419901"),
    Division("419901001001", "一号社区居民委员会", "community", "419901001"),
    Division("419901001002", "二号社区居民委员会", "community", "419901001"),
    Division("419901100001", "三号社区居民委员会", "community", "419901100"),
    Division("419901100200", "示例村委会", "community", "419901100"),
)


def tiny_city(seed: int) -> SynthCity:
    """Make a made-up city for tests: 2 townships, 36 micro-grids and 4 rural grids.

    Its outline is the square 113.6000 to 113.6160, 34.7000 to 34.7130; its codes begin with 4199.
    """
    outline = shapely.box(113.6, 34.7, 113.616, 34.713)
    return city(seed, outline, _TINY_DIVISIONS, TINY)
