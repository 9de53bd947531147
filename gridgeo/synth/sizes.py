"""How large the parts of a synthetic city are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Counts, shares and spacings of a synthetic city.

    Parameters
    ----------
    grids_per_community : tuple of float
        Probabilities of 1, 2, 3, ... grids in an urban community.
    micro_grids_per_grid : tuple of (int, float)
        Count and probability of micro-grids in an urban grid.
    grids_per_village : tuple of int
        Least and greatest count of rural grids in a village.
    leaf_vertices : int
        Vertices that a leaf of ordinary size gets on its border.
    leaf_vertices_min : int
        No leaf has fewer.
    outline_spacing_m : float
        Greatest distance of vertices on the outline.
    cameras_per_leaf, sensors_per_leaf : float
        Means of Poisson counts.
    lamp_spacing_m : float
        Distance of lamps along arterials and streets.
    ponding_points : int
        Points where rain water collects.
    outlier_share : float
        Share of micro-grids whose households lie outside 50 to 70.
    rural_leaf_weight : float
        A rural grid takes the ground of so many micro-grids around it.
    rural_households_per_building : tuple of float
        Least and greatest mean of a rural grid.
    """

    grids_per_community: tuple[float, ...] = (0.28, 0.37, 0.22, 0.09, 0.04)
    micro_grids_per_grid: tuple[tuple[int, float], ...] = (
        (5, 0.40),
        (6, 0.33),
        (7, 0.18),
        (8, 0.09),
    )
    grids_per_village: tuple[int, int] = (3, 7)
    leaf_vertices: int = 50
    leaf_vertices_min: int = 30
    outline_spacing_m: float = 20.0
    cameras_per_leaf: float = 2.7
    sensors_per_leaf: float = 3.8
    lamp_spacing_m: float = 150.0
    ponding_points: int = 12
    outlier_share: float = 0.04
    rural_leaf_weight: float = 4.0
    rural_households_per_building: tuple[float, float] = (3.0, 7.0)


SMALL = Sizes()
"""One district as it is: about 2,200 micro-grids and 55 rural grids in 二七区."""

TINY = Sizes(
    grids_per_community=(0.0, 1.0),
    micro_grids_per_grid=((6, 1.0),),
    grids_per_village=(4, 4),
    ponding_points=2,
)
"""For tests: two grids of six micro-grids in a community, four rural grids in a village."""


@dataclass(frozen=True, slots=True)
class WholeSizes:
    """Exact counts of a whole city, and how its parts are drawn.

    Parameters
    ----------
    townships, communities : int
        Counts to which the official list is completed.
    urban_grids, rural_grids, micro_grids : int
        Grids with micro-grids, grids without, and micro-grids.
    micro_grids_per_grid : tuple of int
        Least and greatest count of micro-grids in a grid.
    exclusive_grids, cameras, sensors, ponding_points : int
    estate_cameras : int
        Cameras of the one estate that has very many; part of ``cameras``.
    duty_posts : int
        Reached with further volunteer posts in micro-grids; there may be more of the posts that
        every unit has.
    estates_per_grid : float
        Chance of a named housing estate in a grid with micro-grids.
    township_km2 : float
        Area of a township of which nothing is known.
    ground : Sizes
        How leaves are drawn and furnished; its counts and means are not used.
    """

    townships: int = 215
    communities: int = 3_530
    urban_grids: int = 7_898
    rural_grids: int = 11_406
    micro_grids: int = 47_078
    micro_grids_per_grid: tuple[int, int] = (5, 8)
    exclusive_grids: int = 4_835
    cameras: int = 157_000
    sensors: int = 220_000
    estate_cameras: int = 2_300
    duty_posts: int = 221_000
    ponding_points: int = 300
    estates_per_grid: float = 0.85
    township_km2: float = 8.0
    ground: Sizes = Sizes(
        leaf_vertices=48,
        outline_spacing_m=30.0,
        lamp_spacing_m=155.0,
        rural_leaf_weight=16.0,
        rural_households_per_building=(8.0, 16.0),
    )


ZHENGZHOU = WholeSizes()
"""The whole city as its published counts have it: 47,078 micro-grids, 58,484 leaves."""

STRESS = WholeSizes(urban_grids=17_980, micro_grids=107_158)
"""The same ground with 107,158 micro-grids; its urban grids grow in step."""
