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


SMALL = Sizes()
"""One district as it is: about 2,200 micro-grids and 55 rural grids in 二七区."""

TINY = Sizes(
    grids_per_community=(0.0, 1.0),
    micro_grids_per_grid=((6, 1.0),),
    grids_per_village=(4, 4),
    ponding_points=2,
)
"""For tests: two grids of six micro-grids in a community, four rural grids in a village."""
