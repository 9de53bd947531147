"""One sound edit of every kind on the tiny city, in the form in which the API takes it."""

import shapely
from memory_map import MemoryMap
from shapely import LineString

from gridgeo import synth
from gridgeo.geometry.union import union_on_lattice

CITY = MemoryMap.of(synth.tiny_city(seed=1))
UNITS = CITY.units
LEAVES = sorted((u for u in UNITS.values() if u.is_leaf), key=lambda u: u.code)


def border(one, other):
    parts = shapely.get_parts(shapely.line_merge(one.shape.intersection(other.shape)))
    return max(parts, key=shapely.length)


def pair(same_parent=True, depth=0):
    """The first two leaves with the longest border: sisters, or of different parents."""
    found = [
        (border(one, other).length, one, other)
        for one in LEAVES for other in LEAVES
        if one.code < other.code and one.level == other.level == "micro_grid"
        and (one.parent_code == other.parent_code) == same_parent
        and one.shape.intersection(other.shape).length > 0
    ]  # fmt: skip
    return max(found, key=lambda row: row[0])[1:]


ONE, OTHER = pair()
HERE, THERE = pair(same_parent=False)
BORDER = border(ONE, OTHER)


def lonlat(point):
    return [point.x, point.y]


def at(share, line=BORDER):
    return line.interpolate(share, normalized=True)


def middle(unit):
    return unit.shape.representative_point()


def across(unit):
    """A line across a unit through its middle, from south to north."""
    _, south, _, north = unit.shape.bounds
    x = middle(unit).x
    return [[x, south - 1e-4], [x + 1e-5, (south + north) / 2], [x, north + 1e-4]]


def bulge():
    """A line from the border into ONE and back to the border, near its middle."""
    inner = LineString([at(0.5), middle(ONE)]).interpolate(0.2, normalized=True)
    return [lonlat(at(0.45)), lonlat(inner), lonlat(at(0.55))]


def geo(shape):
    return shapely.geometry.mapping(shape)


def blob(point, size=5e-5):
    return geo(point.buffer(size, quad_segs=2))


def inner_vertex():
    inside = CITY.root.shape.buffer(-0.001)
    xy = shapely.get_coordinates([leaf.shape for leaf in LEAVES]).tolist()
    return next(place for place in sorted(xy) if inside.contains(shapely.Point(place)))


def moved(place):
    return [place[0] + 0.00002, place[1]]


EDITS = {
    "move_vertex": lambda: {"at": inner_vertex(), "to": moved(inner_vertex())},
    "split": lambda: {"code": ONE.code, "lines": [across(ONE)], "keep": lonlat(middle(ONE))},
    "merge": lambda: {"codes": [ONE.code, OTHER.code], "keep": OTHER.code},
    "transfer": lambda: {
        "giver": ONE.code, "taker": OTHER.code,
        "geometry": geo(shapely.Point(at(0.5)).buffer(4e-5).intersection(
            ONE.shape.union(OTHER.shape))),
    },
    "reshape": lambda: {"between": [ONE.code, OTHER.code], "line": bulge()},
    "snap_border": lambda: {
        "between": [ONE.code, OTHER.code],
        "onto": [[x + 2e-5, y + 2e-5] for x, y in BORDER.coords], "tolerance_m": 6.0,
    },
    "reparent": lambda: {"codes": [HERE.code], "parent_code": THERE.parent_code},
    "rename": lambda: {"code": ONE.code, "name": "河畔", "legal_parent_code": THERE.parent_code},
    "create": lambda: {"geometry": blob(at(0.5), 1.6e-4), "name": "新"},
    "retire": lambda: {"code": ONE.code},
    "replace": lambda: {
        "units": [{"code": ONE.code, "geometry": geo(union_on_lattice([ONE.shape, OTHER.shape]))}],
        "retired": [OTHER.code],
    },
    "restore": lambda: {"version": 1},
    "create_exclusive": lambda: {
        "name": "站", "exclusive_kind": "transport_hub", "geometry": blob(at(0.5)),
    },
    "edit_exclusive": lambda: {"code": min(CITY.exclusive), "geometry": blob(at(0.5))},
    "retire_exclusive": lambda: {"code": min(CITY.exclusive)},
}  # fmt: skip
