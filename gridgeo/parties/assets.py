"""Which assets lie near a point, out to the tolerance of the rules that name them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray
from shapely import Geometry, GeometryType

from gridgeo.geometry.crs import Planar
from gridgeo.parties.model import NearAsset, ResponsibilityRule

STEP = 0.0005
"""Degrees: the width of the bins by which most points are known to have no asset near."""

LEAST_REACH_M = 16.0
"""Bins are made for this reach, and for twice, four times ... as much where rules reach further."""

LEAST_M_PER_DEGREE = 110_000.0
"""Of latitude anywhere; of longitude times the cosine of the latitude."""

SLACK_M = 1e-6
"""By so much more than the rounding of numbers boxes are widened before distances are measured."""

Rows = NDArray[np.intp]
Box = list[float]


class Asset(Struct, frozen=True):
    """A lamp, park or road: the words that say what it is, its name, its shape in degrees."""

    kinds: frozenset[str]
    name: str
    shape: Geometry


class AssetShapes:
    """Assets in metres, ready to be asked which are near; the same under any rules. Immutable.

    It is made of arrays alone, so that a file can hold it: one that is mapped into memory costs no
    time, and shapes are read when they are asked about. `AssetShapes.of` makes them.

    Parameters
    ----------
    columns : mapping of str to array
        Of n assets, in a lasting order, by which those at one distance are told apart: `kind`
        (int32, a place in `kinds`), `name` (UTF-8), `box` (float64 (n, 4), in metres), `ends`
        (int64, where in `wkb` the bytes of each shape in metres end), `kinds` (uint8, a list of the
        words for assets of a kind as JSON); and those of `Bins`.
    planar : Planar
        The plane in which distances are measured.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]], planar: Planar) -> None:
        self.kinds = [frozenset(words) for words in json.loads(columns["kinds"].tobytes())]
        self.columns = columns
        self._planar = planar
        self._bins = Bins(columns["squares"], columns["square_ends"], columns["rows"])
        self._made: dict[int, Geometry] = {}

    @classmethod
    def of(cls, assets: Sequence[Asset], planar: Planar, reach_m: float) -> "AssetShapes":
        """Return assets ready to be asked about within a reach."""
        said = [tuple(sorted(asset.kinds)) for asset in assets]
        kinds = list(dict.fromkeys(said))
        place = {words: row for row, words in enumerate(kinds)}
        shapes = [asset.shape for asset in assets]
        metres = planar.project_all(shapes)
        parts = shapely.to_wkb(metres).tolist()
        columns: dict[str, NDArray[Any]] = {
            "kind": np.array([place[words] for words in said], dtype=np.int32),
            "name": np.array([asset.name.encode() for asset in assets], dtype=np.bytes_),
            "ends": np.cumsum([len(part) for part in parts], dtype=np.int64),
            "wkb": np.frombuffer(b"".join(parts), dtype=np.uint8),
            "box": shapely.bounds(metres).reshape(-1, 4),
            "kinds": np.frombuffer(json.dumps(kinds).encode(), dtype=np.uint8),
        }
        return cls({**columns, **Bins.of(shapes, reach_m).columns}, planar)

    def __len__(self) -> int:
        """Return how many assets there are."""
        return len(self.columns["ends"])

    def name(self, row: int) -> str:
        """Return the name of an asset."""
        return str(self.columns["name"][row].decode())

    def within(self, lon: float, lat: float, reach_m: float) -> list[tuple[float, int]]:
        """Return metres and places of the assets in reach of a point in degrees, nearest first."""
        rows = self._bins.at(lon, lat)
        if not len(rows):
            return []
        x, y = self._planar.point(lon, lat)
        boxes = zip(rows.tolist(), self.columns["box"][rows].tolist(), strict=True)
        near = [row for row, box in boxes if _may_reach(box, x, y, reach_m + SLACK_M)]
        if not near:
            return []
        shapes = [self._in_metres(row) for row in near]
        away_m = shapely.distance(shapes, shapely.points((x, y))).tolist()
        return sorted(pair for pair in zip(away_m, near, strict=True) if pair[0] <= reach_m)

    def _in_metres(self, row: int) -> Geometry:
        found = self._made.get(row)
        if found is None:
            ends = self.columns["ends"]
            wkb = bytes(self.columns["wkb"][ends[row - 1] if row else 0 : ends[row]])
            found = self._made[row] = shapely.from_wkb(wkb)
        return found


class AssetIndex:
    """The assets that rules name, and which of the rules speak of each. Immutable.

    Parameters
    ----------
    shapes : AssetShapes
        Ready for the reach of these rules: see `reach_of`.
    rules : sequence of ResponsibilityRule
        The rules of assets.
    """

    def __init__(self, shapes: AssetShapes, rules: Sequence[ResponsibilityRule]) -> None:
        self._shapes = shapes
        self._rules = rules
        self._named = {rule.asset_name for rule in rules}
        self._meant: dict[tuple[int, str | None], tuple[ResponsibilityRule, ...]] = {}
        self._reach_m = max((rule.tolerance_m or 0.0 for rule in rules), default=0.0)

    @cached_property
    def rules(self) -> list[tuple[ResponsibilityRule, ...]]:
        """The rules that speak of each asset."""
        return [self._rules_of(row) for row in range(len(self._shapes))]

    def near(self, lon: float, lat: float) -> tuple[NearAsset, ...]:
        """Return the assets near a point in degrees, nearest first."""
        near = (self._reached(row, distance_m) for distance_m, row in self.rows_near(lon, lat))
        return tuple(one for one in near if one.rules)

    def rows_near(self, lon: float, lat: float) -> list[tuple[float, int]]:
        """Return metres and places in `rules` of the assets in reach of a point, nearest first."""
        return self._shapes.within(lon, lat, self._reach_m)

    def _reached(self, row: int, distance_m: float) -> NearAsset:
        rules = tuple(r for r in self._rules_of(row) if distance_m <= (r.tolerance_m or 0.0))
        scope = f"{rules[0].asset_kind} {self._shapes.name(row)}".strip() if rules else ""
        return NearAsset(scope, distance_m, rules)

    def _rules_of(self, row: int) -> tuple[ResponsibilityRule, ...]:
        kind, name = int(self._shapes.columns["kind"][row]), self._shapes.name(row)
        words = kind, name if name in self._named else None
        found = self._meant.get(words)
        if found is None:
            kinds = self._shapes.kinds[kind]
            found = self._meant[words] = tuple(
                rule
                for rule in self._rules
                if rule.asset_kind in kinds and rule.asset_name in (None, name)
            )
        return found


def reach_of(rules: Iterable[ResponsibilityRule]) -> float:
    """Return metres to which shapes are made ready for rules; few values, each twice another."""
    wide_m = LEAST_REACH_M
    while wide_m < max((rule.tolerance_m or 0.0 for rule in rules), default=0.0):
        wide_m *= 2.0
    return wide_m


class Bins:
    """Rows of shapes by the squares of `STEP` degrees that they may reach.

    Lines are taken piece by piece: the box of a long one holds much ground that is far from it.
    """

    def __init__(self, squares: Rows, square_ends: Rows, rows: Rows) -> None:
        self._squares = squares
        self._ends = square_ends
        self._rows = rows

    @property
    def columns(self) -> dict[str, Rows]:
        """What the constructor takes, by name."""
        return {"squares": self._squares, "square_ends": self._ends, "rows": self._rows}

    @classmethod
    def of(cls, shapes: Sequence[Geometry], reach_m: float) -> "Bins":
        """Return the bins of shapes in degrees, widened by metres."""
        boxes, row = _pieces(np.array(shapes, dtype=object))
        tall = reach_m / LEAST_M_PER_DEGREE
        farthest = np.minimum(np.abs(boxes[:, 1::2]).max(axis=1) + tall, 90.0)
        wide = tall / np.maximum(np.cos(np.radians(farthest)), 0.01)
        margin = np.stack((-wide, np.full(len(row), -tall), wide, np.full(len(row), tall)), axis=1)
        west, south, east, north = ((boxes + margin) // STEP).astype(np.int64).T
        across = east - west + 1
        counts = across * (north - south + 1)
        piece = np.repeat(np.arange(len(row)), counts)
        step = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
        up, right = np.divmod(step, across[piece])
        square = _square(west[piece] + right, south[piece] + up)
        order = np.lexsort((row[piece], square))
        square, found = square[order], row[piece][order]
        first = np.append(True, (np.diff(square) != 0) | (np.diff(found) != 0))[: len(square)]
        squares, begins = np.unique(square[first], return_index=True)
        return cls(squares, np.append(begins, first.sum()), found[first])

    def at(self, lon: float, lat: float) -> Rows:
        """Return the rows of the shapes that may reach a point, ascending."""
        square = _square(int(lon // STEP), int(lat // STEP))
        slot = int(self._squares.searchsorted(square))
        if slot == len(self._squares) or self._squares[slot] != square:
            return self._rows[:0]
        return self._rows[self._ends[slot] : self._ends[slot + 1]]


def _may_reach(box: Box, x: float, y: float, reach_m: float) -> bool:
    west, south, east, north = box
    return west - reach_m <= x <= east + reach_m and south - reach_m <= y <= north + reach_m


def _square(u: Any, v: Any) -> Any:
    """Return one number for a square of `STEP` degrees, numbers or arrays of them."""
    return (u << 32) + v


def _pieces(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], Rows]:
    """Return boxes that hold the shapes together, and whose each is."""
    parts, row_of = shapely.get_parts(shapes, return_index=True)
    lines = np.isin(shapely.get_type_id(parts), (GeometryType.LINESTRING, GeometryType.LINEARRING))
    corners, line = shapely.get_coordinates(
        shapely.segmentize(parts[lines], STEP), return_index=True
    )
    side = np.flatnonzero(line[1:] == line[:-1])
    ends = np.stack((corners[side], corners[side + 1]))
    boxes = np.hstack((ends.min(axis=0), ends.max(axis=0)))
    rows = np.concatenate((row_of[lines][line[side]], row_of[~lines]))
    return np.vstack((boxes, shapely.bounds(parts[~lines]).reshape(-1, 4))), rows
