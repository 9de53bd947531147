"""Dissolve polygons by stitching what is left of their borders: no coordinate ever changes."""

from collections.abc import Sequence
from functools import cmp_to_key

from shapely.geometry import MultiPolygon, Polygon

from gridgeo.geometry.errors import InvalidShape
from gridgeo.geometry.lattice import require_valid, to_degrees
from gridgeo.geometry.segments import Shape, net_segments

Corner = tuple[int, int]
Ring = list[Corner]


def union_on_lattice(polygons: Sequence[Shape]) -> Polygon | MultiPolygon:
    """Union of polygons that share their borders exactly (degrees, on the lattice).

    Every vertex of the result is a vertex of the input. Shells run counter-clockwise, holes
    clockwise, every ring starts at its lowest (lon, lat); holes and parts are sorted by that start.
    Rings that touch at a point give a valid polygon. Of no polygons at all the union is empty.

    Raises
    ------
    InvalidShape
        When polygons overlap, or a corner on a neighbour's edge is no vertex of that edge.
    OffLattice
        When a vertex is off the lattice.
    """
    rings = [_from_lowest(ring) for ring in _simple_rings(net_segments(polygons).tolist())]
    shells = sorted(ring for ring in rings if _doubled_area(ring) > 0)
    holes = sorted(ring for ring in rings if _doubled_area(ring) < 0)
    if len(shells) + len(holes) < len(rings):
        flat = next(ring for ring in rings if _doubled_area(ring) == 0)
        lon, lat = to_degrees(flat[0]).tolist()
        raise InvalidShape("a corner on an edge is no vertex of it", lon=lon, lat=lat)
    result = _assembled(shells, holes)
    require_valid(result)
    return result


def _simple_rings(segments: list[list[int]]) -> list[Ring]:
    """Walk the segments into rings that visit no corner twice."""
    ways: dict[Corner, list[Corner]] = {}
    for ax, ay, bx, by in segments:
        ways.setdefault((ax, ay), []).append((bx, by))
    rings: list[Ring] = []
    for start in list(ways):
        while ways[start]:
            rings.extend(_split(_walk(start, ways)))
    return rings


def _walk(start: Corner, ways: dict[Corner, list[Corner]]) -> Ring:
    """Take one closed walk out of `ways`, its interior on the left, ending where it began."""
    first = here = ways[start].pop()
    before, walk = start, [start]
    while True:
        onward = ways[here]
        if here == start and _sharpest_left(before, here, [*onward, first]) == first:
            return walk
        walk.append(here)
        following = _sharpest_left(before, here, onward)
        onward.remove(following)
        before, here = here, following


def _sharpest_left(before: Corner, here: Corner, onward: list[Corner]) -> Corner:
    """First way onward, turning clockwise from the way back: it keeps to the same interior."""
    if len(onward) == 1:
        return onward[0]
    back = _vector(here, before)

    def clockwise(p: Corner, q: Corner) -> int:
        u, v = _vector(here, p), _vector(here, q)
        side_u, side_v = _half(back, u), _half(back, v)
        return side_u - side_v or (_cross(u, v) > 0) - (_cross(u, v) < 0)

    return min(onward, key=cmp_to_key(clockwise))


def _half(back: Corner, way: Corner) -> int:
    """0 for ways less than half a turn clockwise from `back`, 1 for the rest."""
    return 0 if _cross(back, way) < 0 else 1


def _vector(a: Corner, b: Corner) -> Corner:
    return b[0] - a[0], b[1] - a[1]


def _cross(u: Corner, v: Corner) -> int:
    return u[0] * v[1] - u[1] * v[0]


def _split(walk: Ring) -> list[Ring]:
    """Cut a closed walk at every corner it visits again."""
    rings: list[Ring] = []
    trail: Ring = []
    place: dict[Corner, int] = {}
    for corner in walk:
        if corner in place:
            cut = place[corner]
            rings.append(trail[cut:])
            for left in trail[cut:]:
                del place[left]
            del trail[cut:]
        place[corner] = len(trail)
        trail.append(corner)
    return [*rings, trail]


def _from_lowest(ring: Ring) -> Ring:
    lowest = ring.index(min(ring))
    return ring[lowest:] + ring[:lowest]


def _doubled_area(ring: Ring) -> int:
    return sum(_cross(a, b) for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


def _assembled(shells: list[Ring], holes: list[Ring]) -> Polygon | MultiPolygon:
    """Give each hole to the smallest shell around it."""
    outlines = [Polygon(to_degrees(shell)) for shell in shells]
    for outline in outlines:
        require_valid(outline)
    inside: list[list[Ring]] = [[] for _ in shells]
    for hole in holes:
        ground = Polygon(to_degrees(hole))
        inside[_smallest_around(ground, outlines)].append(hole)
    parts = [
        Polygon(outline.exterior, [to_degrees(hole) for hole in own])
        for outline, own in zip(outlines, inside, strict=True)
    ]
    if not parts:
        return Polygon()
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _smallest_around(ground: Polygon, outlines: list[Polygon]) -> int:
    def rank(i: int) -> tuple[bool, float]:
        return not outlines[i].covers(ground), outlines[i].area

    return min(range(len(outlines)), key=rank)
