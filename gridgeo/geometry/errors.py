"""What geometry refuses, and where.

Every error is a `ValueError` that names the key, the value and the place, so that an import, an
API answer and a log line can all say the same thing::

    GeometryError (ValueError)
    ├── NotACoordinate    a number that is no longitude or latitude: NaN, infinite, out of range
    ├── OffLattice        a coordinate that is not n / 1e7
    ├── CollapsedRing     snapping left a ring fewer than three different corners
    ├── InvalidShape      a shape that crosses itself, is of the wrong type, or fits no coverage
    ├── UnknownCrs        a coordinate system that nobody knows
    ├── DeltaMismatch     a change that does not fit the state it is applied to
    ├── DamagedIndexFile  a file that is no index, or not whole
    │   └── OtherFormat   a file that another edition of this program wrote
    └── EditRefused       an edit of the map that would break a law

A defect of the data under check is a `Problem` (see `problem.py`), not an exception.
"""

from typing import Any

from gridgeo.geometry.problem import Problem


class GeometryError(ValueError):
    """Root of the tree; `key` and `value` name the culprit, `lon` and `lat` (degrees) the place."""

    kind = "geometry"

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        value: Any = None,
        lon: float | None = None,
        lat: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.value = value
        self.lon = lon
        self.lat = lat


class NotACoordinate(GeometryError):
    """A number that is no longitude or latitude; `row` is its position in the input."""

    kind = "not_a_coordinate"

    def __init__(self, key: str, value: float, row: int) -> None:
        super().__init__(f"row {row}: {key} = {value!r} is no coordinate", key=key, value=value)
        self.row = row


class OffLattice(GeometryError):
    """A coordinate that is not n / 1e7; `position` is the shape's place in the input."""

    kind = "off_lattice"

    def __init__(self, position: int, lon: float, lat: float) -> None:
        super().__init__(
            f"shape {position}: ({lon!r}, {lat!r}) is not on the lattice of 1e-7 degrees",
            key="position",
            value=position,
            lon=lon,
            lat=lat,
        )
        self.position = position


class CollapsedRing(GeometryError):
    """Snapping left a ring fewer than three different corners."""

    kind = "collapsed_ring"

    def __init__(self, lon: float, lat: float) -> None:
        super().__init__(
            f"the ring at ({lon}, {lat}) has fewer than three corners on the lattice",
            lon=lon,
            lat=lat,
        )


class InvalidShape(GeometryError):
    """A shape that crosses itself, is of the wrong type, or fits no coverage."""

    kind = "invalid_shape"


class UnknownCrs(GeometryError):
    """A coordinate system that nobody knows."""

    kind = "unknown_crs"

    def __init__(self, key: str, value: object) -> None:
        super().__init__(
            f"{key} = {value!r} is not a known coordinate system", key=key, value=value
        )


class DeltaMismatch(GeometryError):
    """A change that does not fit the state it is applied to; `value` is the unit's code."""

    kind = "delta_mismatch"

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}", key="code", value=code)


class EditRefused(GeometryError):
    """An edit that would break a law; `kind` says which, `codes` name the units concerned.

    `problems` are all defects where there are several; the first is then the error's own.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        lon: float,
        lat: float,
        codes: tuple[str, ...] = (),
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message, lon=lon, lat=lat)
        self.kind = kind
        self.codes = codes
        self.problems = problems
