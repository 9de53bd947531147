"""Where a point is: the city of one version as an index, and the placement it answers with."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely import Point, STRtree

from gridgeo.errors import BadInput, SwappedAxes
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.point_index import PointIndex
from gridgeo.units.model import MapVersion, Shape

SURE_M = 1.0
"""A fix is never sure nearer to a border than this: CGCS2000 and WGS 84 lie about 0.8 m apart."""

MAX_ACCURACY_M = 5_000.0


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A unit without its shape."""

    unit_id: int
    code: str
    level: str
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class ExclusiveRef:
    """An exclusive grid without its shape."""

    exclusive_id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Border:
    """True metres to the nearest border of the leaf, and the leaf across it (None: the outside)."""

    distance_m: float
    neighbour: UnitRef | None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The leaf nearest to a point outside the city."""

    unit: UnitRef
    distance_m: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A leaf the point may lie in, by its share of the disc of accuracy."""

    unit: UnitRef
    probability: float


@dataclass(frozen=True, slots=True)
class Placement:
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


class CityIndex:
    """One map version, ready to place points. Immutable; safe to share between threads."""

    def __init__(
        self,
        version: MapVersion,
        units: Mapping[int, UnitRef],
        leaves: Mapping[int, Shape],
        exclusive: Sequence[tuple[ExclusiveRef, Shape]],
        planar_srid: int,
    ) -> None:
        self.version = version
        self.units = units
        self.planar = Planar(planar_srid)
        self._put(leaves)
        self.index = PointIndex.build(
            self._shapes,
            ids=self._ids,
            codes=[units[int(i)].code for i in self._ids],
            snap=False,
        )
        self._exclusive = [ref for ref, _ in exclusive]
        self._exclusive_index = PointIndex.build([shape for _, shape in exclusive], snap=False)

    def _put(self, leaves: Mapping[int, Shape]) -> None:
        self._ids = np.fromiter(leaves, dtype=np.int32, count=len(leaves))
        self._shapes = list(leaves.values())
        self._row = {int(unit_id): row for row, unit_id in enumerate(self._ids)}
        self._tree = STRtree(self._shapes)

    def reshaped(
        self, version: MapVersion, old: Mapping[int, Shape], new: Mapping[int, Shape]
    ) -> "CityIndex":
        """Return the city of the next version when nothing but these leaves' shapes changed.

        Parameters
        ----------
        old, new : mapping of int to polygon
            Shapes of the same leaves by unit id, before and after, on the lattice.

        Raises
        ------
        InvalidShape
            The new shapes do not cover the same ground: the city must be read anew.
        """
        codes = {unit_id: self.units[unit_id].code for unit_id in new}
        change = Delta(
            {codes[unit_id]: shape for unit_id, shape in old.items()},
            {codes[unit_id]: shape for unit_id, shape in new.items()},
        )
        city = copy(self)
        for cached in ("bounds", "_planar_tree"):
            city.__dict__.pop(cached, None)
        city.version = version
        city.index = self.index.patched(change, {code: i for i, code in codes.items()})
        leaves = dict(zip((int(i) for i in self._ids), self._shapes, strict=True))
        city._put({**leaves, **new})
        return city

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the city in degrees."""
        west, south, east, north = shapely.total_bounds(self._shapes)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def root(self) -> UnitRef:
        """The city itself."""
        return next(unit for unit in self.units.values() if unit.parent_id is None)

    @cached_property
    def _planar_tree(self) -> STRtree:
        return STRtree([self.planar.project(shape) for shape in self._shapes])

    def chain(self, unit_id: int) -> tuple[UnitRef, ...]:
        """Return the units from the city down to `unit_id`."""
        climbed: list[UnitRef] = []
        step: int | None = unit_id
        while step is not None:
            climbed.append(self.units[step])
            step = self.units[step].parent_id
        return tuple(reversed(climbed))

    def place(self, lon: float, lat: float, accuracy_m: float = 0.0) -> Placement:
        """Place one point given in EPSG:4326 degrees with an accuracy radius in metres.

        Raises
        ------
        BadInput
            The accuracy is negative or beyond `MAX_ACCURACY_M`, or the point is no position.
        SwappedAxes
            The point lies outside the city, and would lie inside with lon and lat exchanged.
        """
        self._refuse_nonsense(lon, lat, accuracy_m)
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
        hits = [self._exclusive[row] for row in self._exclusive_index.locate_all(lon, lat)]
        return tuple(sorted(hits, key=lambda ref: ref.code))

    def _refuse_nonsense(self, lon: float, lat: float, accuracy_m: float) -> None:
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
        at = self.planar.project(Point(lon, lat))
        own = self.planar.project(self._shapes[self._row[unit_id]])
        distance_m = float(shapely.distance(at, shapely.boundary(own)))
        across = [
            (float(shapely.distance(at, self.planar.project(self._shapes[row]))), self._unit(row))
            for row in self._rows_within(lon, lat, distance_m + 0.01)
            if row != self._row[unit_id]
        ]
        across = [found for found in across if found[0] <= distance_m + 0.01]
        nearest = min(across, key=lambda found: (found[0], found[1].code), default=None)
        return Border(round(distance_m, 3), nearest[1] if nearest else None)

    def _candidates(self, lon: float, lat: float, radius_m: float) -> tuple[Candidate, ...]:
        disc = shapely.buffer(self.planar.project(Point(lon, lat)), radius_m, quad_segs=64)
        shares = [
            (
                shapely.area(shapely.intersection(self.planar.project(self._shapes[row]), disc))
                / disc.area,
                self._unit(row),
            )
            for row in self._rows_within(lon, lat, radius_m)
        ]
        found = [Candidate(unit, round(float(share), 4)) for share, unit in shares if share > 0.0]
        return tuple(sorted(found, key=lambda c: (-c.probability, c.unit.code)))

    def _rows_within(self, lon: float, lat: float, radius_m: float) -> list[int]:
        dlat = radius_m / 110_000.0
        dlon = dlat / max(float(np.cos(np.radians(lat))), 0.01)
        box = shapely.box(lon - dlon, lat - dlat, lon + dlon, lat + dlat)
        return [int(row) for row in np.sort(self._tree.query(box))]

    def _unit(self, row: int) -> UnitRef:
        return self.units[int(self._ids[row])]

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
        at = self.planar.project(Point(lon, lat))
        rows, distances = self._planar_tree.query_nearest(at, return_distance=True)
        unit = min((self._unit(int(row)) for row in rows), key=lambda ref: ref.code)
        return Nearest(unit, round(float(distances[0]), 3))
