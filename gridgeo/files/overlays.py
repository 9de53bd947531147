"""Exclusive grids in files, with the parties that answer for them.

A grid is one feature with all its parties as JSON in the column `parties`, or as many features of
the same shape as it has parties, with one of them in the columns `party_...` of each.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import shapely
from shapely.geometry.base import BaseGeometry

from gridgeo.files.columns import Columns
from gridgeo.files.model import (
    Fault,
    Layer,
    code_of,
    is_yes,
    plain_text,
    polygon_of,
    problem_at,
)
from gridgeo.geometry.problem import Problem
from gridgeo.units.model import ExclusiveGrid, Profile

ROLES = ("lead", "co_handler", "deputy")
KEYS = ("code", "name", "kind", "role", "contact", "scheme", "category")
"""What may be said of a party: keys in the column `parties`, or columns after `party_`."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A party that answers for an exclusive grid in a role.

    With a category it does so for that class of matters and those below it; without one, for all.
    What is '' was not said.
    """

    code: str
    name: str = ""
    kind: str = ""
    role: str = "lead"
    contact: str = ""
    scheme: str = ""
    category: str = ""

    @property
    def matter(self) -> tuple[str, str]:
        """Scheme and class code of the matters that it answers for."""
        return self.scheme, self.category


@dataclass(frozen=True, slots=True)
class Overlay:
    """An exclusive grid, its parties, and the feature that it comes from."""

    grid: ExclusiveGrid
    parties: tuple[Answering, ...] = ()
    where: str = ""


def read_overlays(
    layer: Layer, columns: Columns, profile: Profile, kind: str
) -> tuple[list[Overlay], list[Problem]]:
    """Return one overlay for each code, and the problems of the features that cannot be taken.

    Parameters
    ----------
    layer
        With shapes in degrees on the lattice.
    kind
        The kind of all exclusive grids, or "@COLUMN" for a column that says it.
    """
    if kind.startswith("@"):
        columns = replace(columns, named={**columns.named, "kind": kind[1:]})
    picked = columns.pick(layer, profile).by_meaning
    overlays: dict[str, Overlay] = {}
    problems: list[Problem] = []
    for row, shape in enumerate(layer.shapes):
        cells = {meaning: layer.columns[name][row] for meaning, name in picked.items()}
        try:
            found = _overlay(cells, shape, kind, layer.feature(row))
            code = found.grid.code
            overlays[code] = _joined(overlays[code], found) if code in overlays else found
        except Fault as fault:
            named = str(cells["code"])
            problems.append(problem_at(shape, named, f"{layer.feature(row)}: {fault}"))
    return list(overlays.values()), problems


def _overlay(
    cells: Mapping[str, object], shape: BaseGeometry | None, kind: str, where: str
) -> Overlay:
    code, polygon = code_of(cells), polygon_of(shape)
    if not polygon.is_valid:
        raise Fault(f"invalid: {shapely.is_valid_reason(polygon)}")
    own = plain_text(cells["kind"]) if kind.startswith("@") else kind
    if not own:
        raise Fault(f"its kind is empty in column {kind[1:]!r}")
    name = plain_text(cells["name"]) or code
    grid = ExclusiveGrid(code, name, own, polygon, is_yes(cells.get("synthetic")))
    parties = (*_listed(plain_text(cells.get("parties"))), *_in_columns(cells))
    _require_one_lead(parties)
    return Overlay(grid, parties, where)


def _joined(first: Overlay, more: Overlay) -> Overlay:
    """Return an overlay with the party of one more feature; raises `Fault` where they differ."""
    code = first.grid.code
    if not more.parties:
        raise Fault(f"code {code!r} stands there twice, first in {first.where}")
    same = first.grid.shape.equals_exact(more.grid.shape, 0.0)
    if not same or replace(first.grid, shape=more.grid.shape) != more.grid:
        raise Fault(
            f"code {code!r} stands there twice: shape, name and kind must be those of "
            f"{first.where}, and only the party another"
        )
    parties = (*first.parties, *more.parties)
    _require_one_lead(parties)
    return replace(first, parties=parties)


# --- parties -----------------------------------------------------------------------------------


def _listed(text: str) -> list[Answering]:
    """Read the column `parties`: a JSON list of objects, each with a code."""
    if not text:
        return []
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise Fault(f"its parties are no JSON: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Fault('its parties are no JSON list of objects such as [{"code": "P1"}]')
    for row in rows:
        for key in row:
            if key not in KEYS:
                raise Fault(f"a party has an unknown key {key!r}; known are {', '.join(KEYS)}")
    return [_answering(row) for row in rows]


def _in_columns(cells: Mapping[str, object]) -> list[Answering]:
    """Read the columns `party_...`; without any value there is no party."""
    row = {key: cells.get(f"party_{key}") for key in KEYS}
    return [_answering(row)] if any(map(plain_text, row.values())) else []


def _answering(row: Mapping[str, object]) -> Answering:
    said = {key: plain_text(row.get(key)) for key in KEYS}
    if not said["code"]:
        raise Fault("a party has no code")
    party = Answering(**{**said, "role": said["role"] or "lead"})
    if party.role not in ROLES:
        raise Fault(
            f"party {party.code!r} has the role {party.role!r}; the roles are {', '.join(ROLES)}"
        )
    if bool(party.scheme) != bool(party.category):
        raise Fault(f"party {party.code!r} needs a scheme and a category, or neither")
    return party


def _require_one_lead(parties: Sequence[Answering]) -> None:
    for one, other in combinations(parties, 2):
        if one.matter == other.matter and one.role == other.role:
            if one.code == other.code:
                raise Fault(f"party {one.code!r} stands there twice as {one.role}")
            if one.role == "lead":
                raise Fault(
                    f"both {one.code!r} and {other.code!r} lead; say the role of each (a party "
                    "without a role leads)"
                )


def repeated(overlays: Iterable[Overlay]) -> list[Problem]:
    """One problem for each code that stands in two files."""
    first: dict[str, Overlay] = {}
    found = []
    for overlay in overlays:
        code = overlay.grid.code
        if code in first:
            message = f"{overlay.where}: code {code!r} is also that of {first[code].where}"
            found.append(problem_at(overlay.grid.shape, code, message))
        first.setdefault(code, overlay)
    return found
