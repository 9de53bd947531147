"""Where a point is: the city of one version as an index, and the placement it answers with."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property

from msgspec import Struct

from gridgeo.errors import BadInput, SwappedAxes
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.nearby import Nearby
from gridgeo.geometry.overlay import Overlay
from gridgeo.geometry.point_index import PointIndex
from gridgeo.geometry.shape_table import ShapeTable
from gridgeo.units.model import MapVersion, Shape

SURE_M = 1.0
"""A fix is never sure nearer to a border than this: CGCS2000 and WGS 84 lie about 0.8 m apart."""

MAX_ACCURACY_M = 5_000.0


class UnitRef(Struct, frozen=True):
    """A unit without its shape."""

    unit_id: int
    code: str
    level: str
    name: str
    parent_id: int | None


class ExclusiveRef(Struct, frozen=True):
    """An exclusive grid without its shape."""

    exclusive_id: int
    code: str
    name: str


class Border(Struct, frozen=True):
    """True metres to the nearest border of the leaf, and the leaf across it (None: the outside).

    `point` is the nearest place of the border: lon, lat in degrees, on the lattice.
    """

    distance_m: float
    point: tuple[float, float]
    neighbour: UnitRef | None


class Nearest(Struct, frozen=True):
    """The leaf nearest to a point outside the city."""

    unit: UnitRef
    distance_m: float


class Candidate(Struct, frozen=True):
    """A leaf the point may lie in, by its share of the disc of accuracy."""

    unit: UnitRef
    probability: float


class Placement(Struct, frozen=True):
    """The answer to "where is it?" by one map version; `chain` runs from the city down."""

    lon: float
    lat: float
    version: MapVersion
    unit: UnitRef | None
    chain: tuple[UnitRef, ...]
    exclusive: tuple[ExclusiveRef, ...]
    border: Border | None
    nearest: Nearest | None
    decision: str
    candidates: tuple[Candidate, ...]

    @property
    def reason(self) -> str | None:
        """Why there is no unit."""
        return None if self.unit else "outside_city"


class CityChange(Struct, frozen=True):
    """What leads from the city of one version to that of a later one.

    `units` are all units of the later version; `old` and `new` are the leaves that went, came, or
    have another shape, by unit id and on the lattice; `exclusive` are all exclusive grids of the
    later version, None when they are the same.
    """

    version: MapVersion
    units: Mapping[int, UnitRef]
    old: Mapping[int, Shape]
    new: Mapping[int, Shape]
    exclusive: Sequence[tuple[ExclusiveRef, Shape]] | None


class CityIndex:
    """One map version, ready to place points. Immutable; safe to share between threads.

    `CityIndex.build` makes one; the constructor takes the parts, `units` by id, `leaves` by the id
    of their unit, `exclusive_shapes` by the place of the grid in `exclusive`.
    """

    def __init__(
        self,
        version: MapVersion,
        units: Mapping[int, UnitRef],
        leaves: ShapeTable,
        index: PointIndex,
        exclusive: Sequence[ExclusiveRef],
        exclusive_shapes: ShapeTable,
        planar_srid: int,
    ) -> None:
        self.version = version
        self.units = units
        self.leaves = leaves
        self.index = index
        self.exclusive = exclusive
        self.exclusive_shapes = exclusive_shapes
        self.planar_srid = planar_srid
        self.planar = Planar(planar_srid)
        self._near = Nearby(leaves, self.planar, index.beside)
        self._overlay = Overlay(exclusive_shapes)
        self._chains: dict[int, tuple[UnitRef, ...]] = {}

    @classmethod
    def build(
        cls,
        version: MapVersion,
        units: Mapping[int, UnitRef],
        leaves: Mapping[int, Shape],
        exclusive: Sequence[tuple[ExclusiveRef, Shape]],
        planar_srid: int,
    ) -> "CityIndex":
        """Index a city: all its leaves by unit id, and the units up to the city, on the lattice."""
        index = PointIndex.build(
            list(leaves.values()),
            ids=list(leaves),
            codes=[units[unit_id].code for unit_id in leaves],
            snap=False,
        )
        grids, shapes = _apart(exclusive)
        return cls(version, units, ShapeTable.of(leaves), index, grids, shapes, planar_srid)

    def followed(self, change: CityChange) -> "CityIndex":
        """Return the city of a later version, made of this one by what changed between.

        Raises
        ------
        InvalidShape
            The new leaves do not cover the ground of the old: the city must be read anew.
        """
        old = {self.units[unit_id].code: shape for unit_id, shape in change.old.items()}
        ids = {change.units[unit_id].code: unit_id for unit_id in change.new}
        new = {code: change.new[unit_id] for code, unit_id in ids.items()}
        city = copy(self)
        city.__dict__.pop("root", None)
        city.version, city.units, city._chains = change.version, change.units, {}
        city.index = self.index.patched(Delta(old, new), ids)
        city.leaves = self.leaves.replaced(change.old.keys(), change.new)
        changed = change.old.keys() | change.new.keys()
        city._near = self._near.over(city.leaves, city.index.beside, changed)
        if change.exclusive is not None:
            city.exclusive, city.exclusive_shapes = _apart(change.exclusive)
            city._overlay = Overlay(city.exclusive_shapes)
        return city

    def warm(self) -> None:
        """Make now what the first question near a border, or from outside, would wait for."""
        self._near.warm()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the city in degrees."""
        return self.leaves.bounds

    @cached_property
    def root(self) -> UnitRef:
        """The city itself."""
        return next(unit for unit in self.units.values() if unit.parent_id is None)

    def chain(self, unit_id: int) -> tuple[UnitRef, ...]:
        """Return the units from the city down to `unit_id`."""
        unit = self.units[unit_id]
        return (*self._above(unit.parent_id), unit)

    def _above(self, parent_id: int | None) -> tuple[UnitRef, ...]:
        """Return the chain of a unit that has units below it: kept, for there are few of them."""
        if parent_id is None:
            return ()
        found = self._chains.get(parent_id)
        if found is None:
            found = self._chains[parent_id] = self.chain(parent_id)
        return found

    def place(self, lon: float, lat: float, accuracy_m: float = 0.0) -> Placement:
        """Place one point given in EPSG:4326 degrees with an accuracy radius in metres.

        Raises
        ------
        BadInput
            The accuracy is negative or beyond `MAX_ACCURACY_M`, or the point is no position.
        SwappedAxes
            The point lies outside the city, and would lie inside with lon and lat exchanged.
        """
        self.refuse_impossible(lon, lat, accuracy_m)
        unit_id = self.index.locate_one(lon, lat)
        if unit_id < 0:
            return self._outside(lon, lat, max(accuracy_m, SURE_M))
        border = self._border(unit_id, lon, lat)
        radius_m = max(accuracy_m, SURE_M)
        sure = border.distance_m > radius_m
        return Placement(
            lon=lon,
            lat=lat,
            version=self.version,
            unit=self.units[unit_id],
            chain=self.chain(unit_id),
            exclusive=self.exclusive_at(lon, lat),
            border=border,
            nearest=None,
            decision="sure" if sure else "ask",
            candidates=() if sure else self._candidates(lon, lat, radius_m),
        )

    def exclusive_at(self, lon: float, lat: float) -> tuple[ExclusiveRef, ...]:
        """Return the exclusive grids over a point, in code order."""
        hits = [self.exclusive[row] for row in self._overlay.covering(lon, lat)]
        return tuple(sorted(hits, key=lambda ref: ref.code))

    def refuse_impossible(self, lon: float, lat: float, accuracy_m: float = 0.0) -> None:
        """Raise as `place` does for what is no point and no accuracy; see there."""
        west, south, east, north = self.bounds
        if west <= lat <= east and south <= lon <= north:
            raise SwappedAxes(
                f"lon={lon}, lat={lat} look exchanged: this city lies near lon {west:.2f}.."
                f"{east:.2f}, lat {south:.2f}..{north:.2f}. Send lon first.",
                key="lon",
                value=lon,
            )
        for key, value, limit in (("lon", lon, 180.0), ("lat", lat, 90.0)):
            if not abs(value) <= limit:
                raise BadInput(
                    f"{key} must lie within -{limit:g}..{limit:g} degrees.", key=key, value=value
                )
        if not 0.0 <= accuracy_m <= MAX_ACCURACY_M:
            raise BadInput(
                f"accuracy_m must lie within 0..{MAX_ACCURACY_M:g} metres.",
                key="accuracy_m",
                value=accuracy_m,
            )

    def _border(self, unit_id: int, lon: float, lat: float) -> Border:
        found = self._near.border(unit_id, lon, lat)
        beyond = [self.units[other] for other in found.across]
        return Border(
            round(found.distance_m, 3),
            (round(found.lon, 7), round(found.lat, 7)),
            min(beyond, key=lambda ref: ref.code, default=None),
        )

    def _candidates(self, lon: float, lat: float, radius_m: float) -> tuple[Candidate, ...]:
        shares = self._near.shares(lon, lat, radius_m)
        found = [Candidate(self.units[near], round(share, 4)) for share, near in shares]
        return tuple(sorted(found, key=lambda c: (-c.probability, c.unit.code)))

    def _outside(self, lon: float, lat: float, radius_m: float) -> Placement:
        return Placement(
            lon=lon,
            lat=lat,
            version=self.version,
            unit=None,
            chain=(),
            exclusive=self.exclusive_at(lon, lat),
            border=None,
            nearest=self._nearest(lon, lat),
            decision="ask",
            candidates=self._candidates(lon, lat, radius_m),
        )

    def _nearest(self, lon: float, lat: float) -> Nearest:
        distance_m, found = self._near.nearest(lon, lat)
        unit = min((self.units[near] for near in found), key=lambda ref: ref.code)
        return Nearest(unit, round(distance_m, 3))


def _apart(
    exclusive: Sequence[tuple[ExclusiveRef, Shape]],
) -> tuple[list[ExclusiveRef], ShapeTable]:
    return [ref for ref, _ in exclusive], ShapeTable.of(
        {place: shape for place, (_, shape) in enumerate(exclusive)}
    )
