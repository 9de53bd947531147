"""What a synthetic city is made of: frozen values, geometry in degrees on the lattice.

Every geometry is lon, lat in SRID 4326 with coordinates n / 1e7 for integer n. Every value says
that it is synthetic; units say so separately for their name and for their shape, since township and
community names and codes are real while their borders are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from shapely import LineString, MultiPolygon, Point, Polygon

    from gridgeo.synth.table import Table

Level = Literal["city", "district", "township", "community", "grid", "micro_grid"]
UnitKind = Literal["urban", "rural"]


@dataclass(frozen=True, slots=True)
class Division:
    """One row of an official list of divisions.

    Parameters
    ----------
    code : str
        6, 9 or 12 digits.
    name : str
        Name as listed.
    level : Level
        ``city``, ``district``, ``township`` or ``community``.
    parent_code : str or None
        Code of the unit above that administers it, None for the city.
    legal_parent_code : str or None
        Code of the unit that it belongs to by law, where that is another one.
    synthetic : bool
        True when the list has no such row and it is made up.
    """

    code: str
    name: str
    level: Level
    parent_code: str | None
    legal_parent_code: str | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class SynthUnit:
    """A node of the tree, from the city down to the leaves, with its whole shape.

    The tree parent administers the unit; ``legal_parent_code`` is None where it is the same one.
    """

    code: str
    level: Level
    name: str
    parent_code: str | None
    shape: Polygon | MultiPolygon
    kind: UnitKind
    households: int
    name_synthetic: bool
    shape_synthetic: bool
    legal_parent_code: str | None = None

    @property
    def synthetic(self) -> bool:
        """True when the name, the code or the shape is generated."""
        return self.name_synthetic or self.shape_synthetic


@dataclass(frozen=True, slots=True)
class SynthExclusiveGrid:
    """An overlay around a landmark, across unit borders, with several responsible parties."""

    code: str
    name: str
    kind: str
    shape: Polygon
    party_names: tuple[str, ...]
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthBuilding:
    """A footprint inside one leaf, its entrance on the footprint, and 1 to 40 households."""

    code: str
    leaf_code: str
    footprint: Polygon
    entrance: Point
    households: int
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthRoad:
    """A centreline; the borders of units run along it."""

    code: str
    name: str
    road_class: Literal["arterial", "street", "lane"]
    line: LineString
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthBarrier:
    """A line that people do not cross; the borders of units run along it."""

    code: str
    name: str
    kind: Literal["river", "stream", "wall", "railway"]
    line: LineString
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthAsset:
    """A managed object: a lamp (Point) or a park (Polygon)."""

    code: str
    name: str
    kind: Literal["lamp", "park"]
    shape: Point | Polygon
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthPondingPoint:
    """A place where rain water collects."""

    code: str
    name: str
    point: Point
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthPlace:
    """A name or an address with a point."""

    code: str
    name: str
    address: str
    kind: str
    point: Point
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthDevice:
    """A camera or a sensor strictly inside one leaf."""

    code: str
    kind: str
    leaf_code: str
    point: Point
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthDutyPost:
    """A post, never a person, that answers for one unit."""

    code: str
    kind: str
    unit_code: str
    point: Point
    synthetic: bool = True


@dataclass(frozen=True, slots=True)
class SynthCity:
    """The whole city; all is in an order that depends on the seed and the input only."""

    seed: int
    units: tuple[SynthUnit, ...]
    exclusive_grids: tuple[SynthExclusiveGrid, ...]
    buildings: Table[SynthBuilding]
    roads: Table[SynthRoad]
    barriers: Table[SynthBarrier]
    assets: Table[SynthAsset]
    ponding_points: Table[SynthPondingPoint]
    places: Table[SynthPlace]
    devices: Table[SynthDevice]
    duty_posts: Table[SynthDutyPost]

    @property
    def leaves(self) -> tuple[SynthUnit, ...]:
        """Units without children, in the order of ``units``."""
        parents = {unit.parent_code for unit in self.units}
        return tuple(unit for unit in self.units if unit.code not in parents)
