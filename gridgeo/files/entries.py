"""From the features of a layer to entries: units to be."""

import re
from collections.abc import Mapping
from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from gridgeo.files.columns import Columns, Picked
from gridgeo.files.model import (
    Above,
    Entry,
    Fault,
    Layer,
    code_of,
    households_of,
    is_yes,
    plain_text,
    polygon_of,
    problem_at,
)
from gridgeo.geometry.problem import Problem
from gridgeo.units.model import Level, Profile


def read_entries(
    layer: Layer, columns: Columns, profile: Profile, level: str | None = None
) -> tuple[list[Entry], list[Problem]]:
    """Return one entry for each sound feature, and a problem for each other one, in file order.

    Parameters
    ----------
    layer : Layer
        With shapes in degrees on the lattice.
    level : str, optional
        The level of every feature; otherwise the level column says, or else the first level whose
        code pattern fits.
    """
    picked = columns.pick(layer, profile)
    fixed = None if level is None else profile.level(level)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for row, shape in enumerate(layer.shapes):
        cells = {meaning: layer.columns[name][row] for meaning, name in picked.by_meaning.items()}
        try:
            entry = _entry(cells, shape, profile, fixed)
            above = _above(layer, row, picked, profile, entry.level)
            entries.append(replace(entry, above=above, where=layer.feature(row)))
        except Fault as fault:
            code = str(cells["code"])
            problems.append(problem_at(shape, code, f"{layer.feature(row)}: {fault}"))
    return entries, problems


def _entry(
    cells: Mapping[str, object], shape: BaseGeometry | None, profile: Profile,
    fixed: Level | None,
) -> Entry:  # fmt: skip
    code = code_of(cells)
    return Entry(
        code=code,
        level=fixed or _level(cells, code, profile),
        name=plain_text(cells["name"]) or code,
        parent=plain_text(cells.get("parent")) or None,
        shape=polygon_of(shape),
        households=households_of(cells.get("households")),
        legal_parent=plain_text(cells.get("legal_parent")) or None,
        synthetic=is_yes(cells.get("synthetic")),
    )


def _level(cells: Mapping[str, object], code: str, profile: Profile) -> Level:
    said = plain_text(cells.get("level"))
    if said:
        for level in profile.levels:
            if said in (level.level, level.name_zh, level.name_en):
                return level
        names = ", ".join(profile.level_names)
        raise Fault(f"its level {said!r} is none of the profile's: {names}")
    for level in profile.levels:
        if re.fullmatch(level.code_pattern, code):
            return level
    raise Fault(f"its code {code!r} fits no level of the profile; say the level by --level")


def _above(
    layer: Layer, row: int, picked: Picked, profile: Profile, own: Level
) -> tuple[Above, ...]:
    found = []
    for level, code_column, name_column in picked.above:
        code = plain_text(layer.columns[code_column][row])
        if code and profile.level(level).depth < own.depth:
            name = "" if name_column is None else plain_text(layer.columns[name_column][row])
            found.append(Above(level, code, name))
    return tuple(found)
