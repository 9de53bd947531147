"""What publishing a plan would do to all that stands on the map: who moves, from whom to whom.

The rule is that of those who follow a publication: what stands where a leaf changes is placed
again, by the same index over the leaves as the plan leaves them; nothing else moves.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import dict_row
from shapely.geometry.base import BaseGeometry

from gridgeo.db.sql import statement
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.point_index import NOWHERE, PointIndex
from gridgeo.plans.cuts import buildings_in
from gridgeo.plans.model import PlanMap
from gridgeo.plans.sides import Side, as_columns
from gridgeo.units.lineage import area_shares, touched_leaves
from gridgeo.units.publish import answered_ground, changed_ground

DEVICES_IN_BOXES = statement(__package__, "devices_in_boxes")
EVENTS_IN_BOXES = statement(__package__, "events_in_boxes")
POSTS_OF_UNITS = statement(__package__, "posts_of_units")

Home = str | None
Moves = Mapping[tuple[Home, Home], int]
"""How many go from which code to which; None is outside the city, or nobody."""

Row = dict[str, Any]

Decide = Callable[[Connection[Any], PlanMap, Sequence[Row]], Sequence[Home]]
"""Who would answer for open events on a plan's map: the code of a party for each row."""


def flows(moves: Moves) -> list[tuple[tuple[Home, Home], int]]:
    """Return the moves, the largest first, of equals by code."""
    return sorted(moves.items(), key=lambda flow: (-flow[1], [end or "" for end in flow[0]]))


@dataclass(frozen=True, slots=True)
class Foresight:
    """What the owners of events tell beforehand.

    Parameters
    ----------
    closed
        States in which an event gets no new answer.
    decide
        Who would answer for open events.
    """

    closed: Collection[str]
    decide: Decide


@dataclass(frozen=True, slots=True)
class Households:
    """The households of a unit before and after, None where it is not there."""

    code: str
    name: str
    level: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What a publication moves.

    Parameters
    ----------
    devices
        By the leaf they are filed under.
    events, year_events, open_events
        The same: all events, those received within the last year, and those not closed.
    parties
        Open events by the party that answers, before and after: of those that stand in other units
        or exclusive grids than before, where that party is another one.
    households
        Units whose number of households changes, as it will be written, in code order.
    residents
        Households by the leaf in which the entrance of their building lies: who moves in fact.
    duty_posts
        By the unit they belong to: posts that stand in a leaf that changes, or whose unit goes.
    """

    devices: Moves
    events: Moves
    year_events: Moves
    open_events: Moves
    parties: Moves
    households: Sequence[Households]
    residents: Moves
    duty_posts: Moves


def impact(conn: Connection[Any], so_far: PlanMap, foresight: Foresight) -> Impact:
    """Foresee what publishing a plan does to all that stands on the map."""
    done, version = so_far.done, so_far.base.version
    boxes = boxes_of(changed_ground(done.units, touched_leaves(done.units)))
    wider = boxes_of(answered_ground(done.units, done.exclusive))
    place = _Placing.near(conn, Side(version, done), wider)
    at = {"version": version, "closed": sorted(foresight.closed)}
    devices = conn.execute(DEVICES_IN_BOXES, {**as_columns(boxes), **at}).fetchall()
    with conn.cursor(row_factory=dict_row) as cursor:
        events = cursor.execute(EVENTS_IN_BOXES, {**as_columns(wider), **at}).fetchall()
    homes = place.homes([(row["lon"], row["lat"]) for row in events])
    opened = [row for row in events if row["state"] not in foresight.closed]
    parties = foresight.decide(conn, so_far, opened)
    return Impact(
        devices=_moves([row[2] for row in devices], place.homes([row[:2] for row in devices])),
        events=_events(events, homes, lambda row: True),
        year_events=_events(events, homes, lambda row: row["recent"]),
        open_events=_events(events, homes, lambda row: row["state"] not in foresight.closed),
        parties=_moves([row["party"] for row in opened], parties),
        households=_households(so_far),
        residents=_residents(conn, version, boxes, place),
        duty_posts=_posts(conn, so_far),
    )


def boxes_of(ground: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """Return the boxes (n, 4) in degrees of shapes that are not empty."""
    boxes = shapely.bounds(ground).reshape(-1, 4)
    return np.asarray(boxes[~np.isnan(boxes).any(axis=1)], dtype=np.float64)


def _events(rows: Iterable[Row], homes: Iterable[Home], counts: Callable[[Row], bool]) -> Moves:
    ends = [(row["code"], home) for row, home in zip(rows, homes, strict=True) if counts(row)]
    return Counter(end for end in ends if end[0] != end[1])


@dataclass(frozen=True, slots=True)
class _Placing:
    """An index of the leaves around changed ground, and their codes."""

    index: PointIndex | None
    codes: Sequence[str]

    @classmethod
    def near(cls, conn: Connection[Any], side: Side, boxes: NDArray[np.float64]) -> "_Placing":
        """Index the leaves of a map that meet boxes: enough to place every point in one."""
        leaves = side.leaves_in(conn, boxes)
        codes = sorted(leaves, key=str.encode)
        if not codes:
            return cls(None, codes)
        shapes = [leaves[code].shape for code in codes]
        return cls(PointIndex.build(shapes, codes=codes, snap=False), codes)

    def homes(self, places: Sequence[tuple[float, float]]) -> list[Home]:
        """Return the code of the leaf of each place (lon, lat), None for none."""
        if self.index is None or not places:
            return [None] * len(places)
        lon, lat = zip(*places, strict=True)
        found = self.index.locate(lon, lat).tolist()
        return [None if home == NOWHERE else self.codes[home] for home in found]


def _moves(before: Iterable[Home], after: Iterable[Home]) -> Moves:
    """Count who goes from where to where; who stays does not count."""
    return Counter(ends for ends in zip(before, after, strict=True) if ends[0] != ends[1])


def _households(so_far: PlanMap) -> list[Households]:
    delta = so_far.done.units
    rows = []
    for code in delta.codes:
        old, new = delta.old.get(code), delta.new.get(code)
        before, after = (None if unit is None else unit.households for unit in (old, new))
        unit = new or old
        if before != after and unit is not None:
            rows.append(Households(code, unit.name, unit.level, before, after))
    return rows


def _residents(
    conn: Connection[Any], version: int, boxes: NDArray[np.float64], place: _Placing
) -> Moves:
    """Count households by the entrances of their buildings."""
    buildings = buildings_in(conn, boxes)
    doors = [(building.entrance.x, building.entrance.y) for building in buildings]
    before = _Placing.near(conn, Side(version), boxes).homes(doors)
    found: Counter[tuple[Home, Home]] = Counter()
    for building, *ends in zip(buildings, before, place.homes(doors), strict=True):
        if ends[0] != ends[1]:
            found[ends[0], ends[1]] += building.households
    return found


def _posts(conn: Connection[Any], so_far: PlanMap) -> Moves:
    """Count duty posts: of leaves that change, and of units that go.

    One that stands in its leaf goes to the leaf in which it stands then; one whose unit goes falls
    to the unit of that level over it, else to the leaf, else to who gets most of the land.
    """
    delta, version = so_far.done.units, so_far.base.version
    touched = {code for code in touched_leaves(delta) if code in delta.old}
    touched |= {code for code in delta.codes if code not in delta.new}
    asked = {"codes": sorted(touched), "version": version}
    rows = conn.execute(POSTS_OF_UNITS, asked).fetchall()
    places = [(row[0], row[1]) for row in rows]
    boxes = _points_as_boxes(places)
    before, after = (
        _Placing.near(conn, side, boxes).homes(places)
        for side in (Side(version), Side(version, so_far.done))
    )
    units = [row[2] for row in rows]
    ends = zip(units, before, after, strict=True)
    return _moves(units, [_new_unit(so_far, *each) for each in ends])


def _new_unit(so_far: PlanMap, code: str, before: Home, after: Home) -> str:
    """Return the unit of a post that belongs to one and stands in a leaf, before and after."""
    delta = so_far.done.units
    if code in delta.new:
        return after if before == code and after is not None else code
    return _heir(so_far, after, delta.old[code].level) or _most_land(so_far, code)


def _most_land(so_far: PlanMap, code: str) -> str:
    """Return the leaf that gets most of the land of one that goes; itself when it is no leaf."""
    delta = so_far.done.units
    if not delta.old[code].is_leaf:
        return code
    takers = {code: unit for code, unit in delta.new.items() if unit.is_leaf}
    planar = Planar(so_far.profile.planar_srid)
    shares = area_shares({code: delta.old[code]}, takers, planar)[code]
    return max(shares, key=lambda taker: shares[taker], default=code)


def _points_as_boxes(places: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    xy = np.array(places, dtype=np.float64).reshape(-1, 2)
    return np.hstack((xy, xy))


def _heir(so_far: PlanMap, home: Home, level: str) -> Home:
    """Return the unit of a level above a leaf, or the leaf itself where there is none."""
    step = home
    while step is not None:
        unit = so_far.family({step})[step]
        if unit.level == level:
            return step
        step = unit.parent_code
    return home
