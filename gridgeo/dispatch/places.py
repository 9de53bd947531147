"""Naming a place by a unit or an exclusive grid instead of a point."""

from gridgeo.errors import NotFound
from gridgeo.locate.model import CityIndex


def point_in_unit(city: CityIndex, code: str) -> tuple[float, float]:
    """Return lon, lat of a point in the leaf with the lowest code that a unit has.

    Raises `NotFound` when no unit of the map carries the code.
    """
    below = [leaf for leaf in city.leaves if any(unit.code == code for unit in city.chain(leaf))]
    if not below:
        raise NotFound(f"No unit carries the code {code!r}.", key="unit", value=code)
    first = min(below, key=lambda leaf: city.units[leaf].code)
    at = city.leaves[first].representative_point()
    return at.x, at.y


def point_in_exclusive(city: CityIndex, code: str) -> tuple[float, float]:
    """Return lon, lat of a point in an exclusive grid; raises `NotFound` for an unknown code."""
    for place, grid in enumerate(city.exclusive):
        if grid.code == code:
            at = city.exclusive_shapes[place].representative_point()
            return at.x, at.y
    raise NotFound(
        f"No exclusive grid carries the code {code!r}.", key="exclusive_grid", value=code
    )
