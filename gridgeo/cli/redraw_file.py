"""From the features of a redrawn file to the units of a plan's edit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from gridgeo.files.columns import Columns
from gridgeo.files.model import (
    MAX_CODE,
    Fault,
    Layer,
    households_of,
    is_yes,
    plain_text,
    polygon_of,
    problem_at,
)
from gridgeo.geometry.lattice import SCALE, invalid_place
from gridgeo.geometry.problem import Problem
from gridgeo.plans.drawn import Drawn
from gridgeo.plans.model import PlanMap
from gridgeo.units.model import Profile, Shape, Unit

METRES_PER_DEGREE = 111_195.0
LEAST_REACH = 2.0 / SCALE  # degrees: a border within 1 cm, and its snapping


class Feature(NamedTuple):
    """A unit as a feature of a file says it, and what to call the feature."""

    drawn: Drawn
    where: str

    @property
    def shape(self) -> Shape:
        """The ground of a feature that has one."""
        assert self.drawn.shape is not None
        return self.drawn.shape

    def with_shape(self, shape: Shape) -> "Feature":
        """Return the feature with another ground."""
        return self._replace(drawn=replace(self.drawn, shape=shape))


@dataclass
class Redrawn:
    """What a file changes on the map, or what is wrong with it.

    `units` are only those that differ from the map; `retired` are codes of leaves that the file
    does not hold and whose ground it gives to others.
    """

    units: list[Feature] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


# --- reading -----------------------------------------------------------------------------------


def read_features(
    layer: Layer, columns: Columns, profile: Profile, level: str | None = None
) -> tuple[list[Feature], list[Problem]]:
    """Return what each feature says, unsaid cells as None, and a problem for each bad feature.

    The layer's shapes are in degrees on the lattice; `level` is that of every feature.
    """
    picked = columns.pick(layer, profile).by_meaning
    features: list[Feature] = []
    problems: list[Problem] = []
    for row, shape in enumerate(layer.shapes):
        cells = {meaning: layer.columns[name][row] for meaning, name in picked.items()}
        try:
            drawn = _drawn(cells, polygon_of(shape), profile, level)
        except Fault as fault:
            problems.append(problem_at(shape, str(cells["code"]), f"{layer.feature(row)}: {fault}"))
        else:
            features.append(Feature(drawn, layer.feature(row)))
    return features, problems


def _drawn(cells: Mapping[str, object], shape: Shape, profile: Profile, level: str | None) -> Drawn:
    text = {meaning: plain_text(value) or None for meaning, value in cells.items()}
    code = text["code"]
    if code is not None and len(code) > MAX_CODE:
        raise Fault(f"its code {code!r} has more than {MAX_CODE} characters")
    return Drawn(
        code=code,
        shape=shape,
        level=level or _level(text.get("level"), profile),
        name=text["name"],
        parent_code=text.get("parent"),
        households=households_of(cells.get("households")),
        legal_parent_code=text.get("legal_parent"),
        synthetic=is_yes(cells.get("synthetic")),
    )


def _level(said: str | None, profile: Profile) -> str | None:
    for level in profile.levels:
        if said in (level.level, level.name_zh, level.name_en):
            return level.level
    if said is not None:
        names = ", ".join(profile.level_names)
        raise Fault(f"its level {said!r} is none of the profile's: {names}")
    return None


def invalid_features(features: Sequence[Feature]) -> list[Problem]:
    """Return a problem for each feature whose rings cross themselves."""
    found = []
    for feature in features:
        if not feature.shape.is_valid:
            reason, lon, lat = invalid_place(feature.shape)
            codes = () if feature.drawn.code is None else (feature.drawn.code,)
            found.append(Problem("invalid", codes, lon, lat, f"{feature.where}: {reason}"))
    return found


# --- comparing with the map --------------------------------------------------------------------


def compare(features: Sequence[Feature], so_far: PlanMap, reach_m: float = 0.0) -> Redrawn:
    """Find out what a file of sound features changes on the map.

    - A code that stands there several times is a split: the largest part keeps it, the others are
      new units.
    - A new unit on just the ground of a leaf that the file does not hold is that leaf: so a file
      that was brought in before changes nothing.
    - A leaf that the file does not hold goes when the file covers all its ground, and stays when
      it covers none; slivers up to `reach_m` do not count.
    - Of a unit above the leaves only name, parent and households count: its ground is its
      children's.
    """
    done = Redrawn()
    known = so_far.family({f.drawn.code for f in features if f.drawn.code is not None})
    reach = max(LEAST_REACH, reach_m / METRES_PER_DEGREE)
    features = _recognised(_split(features, done), so_far, reach, done)
    known |= so_far.family({f.drawn.code for f in features if f.drawn.code is not None})
    features = _without_upper_shapes(features, known, done)
    _find_retired(features, so_far, reach, done)
    done.units = [feature for feature in features if not _is_as_before(feature.drawn, known)]
    return done


def _split(features: Sequence[Feature], done: Redrawn) -> list[Feature]:
    parts: dict[str, list[int]] = defaultdict(list)
    for row, feature in enumerate(features):
        if feature.drawn.code is not None:
            parts[feature.drawn.code].append(row)
    result = list(features)
    for code, rows in parts.items():
        largest = max(rows, key=lambda row: features[row].shape.area)
        for row in set(rows) - {largest}:
            part = replace(features[row].drawn, code=None, households=None)
            result[row] = features[row]._replace(drawn=part)
        if len(rows) > 1:
            done.notes.append(
                f"{code} stands there {len(rows)} times: the largest part keeps the code, the "
                "others are new units"
            )
    return result


def _recognised(
    features: Sequence[Feature], so_far: PlanMap, reach: float, done: Redrawn
) -> list[Feature]:
    """Give a feature without a code that of the leaf whose ground it has, within a reach."""
    held = {feature.drawn.code for feature in features}
    result = []
    for feature in features:
        leaf = None if feature.drawn.code else _leaf_at(feature.shape, so_far, reach)
        if leaf is None or leaf.code in held:
            result.append(feature)
            continue
        drawn = replace(feature.drawn, code=leaf.code)
        result.append(feature._replace(drawn=drawn))
        done.notes.append(f"{feature.where} has the ground of {leaf.code}, and is that unit")
    return result


def _leaf_at(shape: Shape, so_far: PlanMap, reach: float) -> Unit | None:
    """Return the leaf that has just this ground."""
    west, south, east, north = shape.bounds
    for _, unit in sorted(so_far.around((west, south, east, north)).items()):
        if unit.is_leaf:
            apart = shapely.symmetric_difference(shapely.make_valid(shape), unit.shape)
            if apart.area <= unit.shape.length * reach:
                return unit
    return None


def _without_upper_shapes(
    features: Sequence[Feature], known: Mapping[str, Unit], done: Redrawn
) -> list[Feature]:
    """Take the shapes off those units that have units in them, now or as the file says."""
    held = {feature.drawn.code for feature in features}
    named = {feature.drawn.parent_code for feature in features}
    children: dict[str | None, set[str]] = defaultdict(set)
    for unit in known.values():
        children[unit.parent_code].add(unit.code)
    result = []
    for feature in features:
        code = feature.drawn.code
        if code is None or not (code in named or children[code]):
            result.append(feature)
            continue
        if code not in named and not children[code] & held:
            done.problems.append(_childless(feature, code, len(children[code])))
        result.append(feature._replace(drawn=replace(feature.drawn, shape=None)))
    return result


def _childless(feature: Feature, code: str, count: int) -> Problem:
    message = (
        f"{feature.where}: {code} has {count} units in it, which the file does not hold; redraw "
        "these (`gridgeo export FILE --unit CODE` writes the leaves)"
    )
    return Problem("invalid", (code,), *_inside(feature.shape), message)


def _find_retired(
    features: Sequence[Feature], so_far: PlanMap, reach: float, done: Redrawn
) -> None:
    """Find the leaves that are not in the file and whose ground, or part of it, is."""
    shapes = [f.drawn.shape for f in features if f.drawn.shape is not None]
    if not shapes:
        return
    held = {f.drawn.code for f in features}
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    drawn = shapely.union_all(shapes)
    shapely.prepare(drawn)
    for code, unit in sorted(so_far.around((west, south, east, north)).items()):
        if not unit.is_leaf or code in held or not drawn.intersects(unit.shape):
            continue
        common = unit.shape.intersection(drawn)
        sliver = unit.shape.length * reach
        if unit.shape.area - common.area <= sliver:
            done.retired.append(code)
        elif common.area > sliver:
            done.problems.append(_half_covered(unit, common))


def _half_covered(unit: Unit, common: BaseGeometry) -> Problem:
    share = common.area / unit.shape.area
    message = (
        f"the file covers {share:.1%} of {unit.code}, which it does not hold; draw {unit.code} "
        "too, or cover it wholly if it shall go"
    )
    return Problem("overlap", (unit.code,), *_inside(common), message)


def _inside(shape: BaseGeometry) -> tuple[float, float]:
    point = shape.representative_point()
    return point.x, point.y


def _is_as_before(drawn: Drawn, known: Mapping[str, Unit]) -> bool:
    """Whether a unit is on the map just as it is drawn; what is unsaid counts as equal."""
    old = known.get(drawn.code or "")
    if old is None:
        return False
    said = ("level", "name", "parent_code", "households", "legal_parent_code")
    if any(getattr(drawn, key) not in (None, getattr(old, key)) for key in said):
        return False
    return drawn.shape is None or bool(
        shapely.equals_identical(drawn.shape.normalize(), old.shape.normalize())
    )
