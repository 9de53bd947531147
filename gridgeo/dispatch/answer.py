"""The shape of an answer about a point, which other programs rely on."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel
from pydantic_core import to_json

from gridgeo.dispatch.model import Assignment
from gridgeo.locate.model import Placement, UnitRef
from gridgeo.parties.model import Party


class PointAnswer(BaseModel):
    """The point that was asked about, in EPSG:4326 degrees."""

    lon: float
    lat: float


class UnitAnswer(BaseModel):
    """A unit by code, level and name."""

    code: str
    level: str
    name: str


class ExclusiveAnswer(BaseModel):
    """An exclusive grid over the point."""

    code: str
    name: str


class BorderAnswer(BaseModel):
    """The nearest border of the leaf: metres, place (lon, lat); no neighbour means the outside."""

    distance_m: float
    point: tuple[float, float]
    neighbour: UnitAnswer | None


class NearestAnswer(BaseModel):
    """The leaf nearest to a point outside the city."""

    code: str
    level: str
    name: str
    distance_m: float


class CandidateAnswer(BaseModel):
    """A leaf the point may lie in, by its share of the disc of accuracy."""

    code: str
    level: str
    name: str
    probability: float


class PlacementAnswer(BaseModel):
    """Where the point is; `chain` runs from the city down to `unit`."""

    unit: UnitAnswer | None
    chain: list[UnitAnswer]
    exclusive: list[ExclusiveAnswer]
    border: BorderAnswer | None
    reason: Literal["outside_city"] | None
    nearest: NearestAnswer | None


class PartyAnswer(BaseModel):
    """An office or a post that answers; never a person."""

    code: str
    name: str
    kind: str
    contact: str


class RuleAnswer(BaseModel):
    """The rule that decided: its id, its rule set and the code of its scope."""

    id: int
    rule_set: int
    scope: str


class SecondAnswer(BaseModel):
    """A second assignment beside the lead's: the party it reports to, or that it escalates to."""

    relation: Literal["reports_to", "escalated_to"]
    party: PartyAnswer


class AssignmentAnswer(BaseModel):
    """Whose it is, and why; `mode` is the operating mode whose rule decided."""

    party: PartyAnswer
    co_handlers: list[PartyAnswer]
    rule: RuleAnswer
    reason: Literal[
        "operating_mode",
        "asset",
        "exclusive_grid",
        "unit_rule",
        "territorial_fallback",
        "outside_city",
    ]
    fallback: bool
    handling: Literal["direct", "joint", "escalated"]
    mode: str | None
    seconds: list[SecondAnswer]


class LocateAnswer(BaseModel):
    """The whole answer about one point."""

    point: PointAnswer
    placement: PlacementAnswer
    assignment: AssignmentAnswer
    decision: Literal["sure", "ask"]
    candidates: list[CandidateAnswer]
    version: int
    valid_from: datetime


class LeanAnswer(BaseModel):
    """What `fields` asked for, of the leaf of a point, and the map version."""

    code: str | None = None
    level: str | None = None
    name: str | None = None
    reason: Literal["outside_city"] | None = None
    version: int


Document = dict[str, Any]
"""An answer as JSON holds it; each has the shape of the class above that carries its name."""


def unit_document(unit: UnitRef) -> Document:
    """Return a unit as the API shows it."""
    return {"code": unit.code, "level": unit.level, "name": unit.name}


def party_document(party: Party) -> Document:
    """Return a party as the API shows it."""
    return {"code": party.code, "name": party.name, "kind": party.kind, "contact": party.contact}


def placement_document(placement: Placement) -> Document:
    """Return a placement as the API shows it."""
    border, nearest = placement.border, placement.nearest
    return {
        "unit": unit_document(placement.unit) if placement.unit else None,
        "chain": [unit_document(unit) for unit in placement.chain],
        "exclusive": [{"code": grid.code, "name": grid.name} for grid in placement.exclusive],
        "border": {
            "distance_m": border.distance_m,
            "point": border.point,
            "neighbour": unit_document(border.neighbour) if border.neighbour else None,
        }
        if border
        else None,
        "reason": placement.reason,
        "nearest": {**unit_document(nearest.unit), "distance_m": nearest.distance_m}
        if nearest
        else None,
    }


def assignment_document(assignment: Assignment) -> Document:
    """Return an assignment as the API shows it."""
    return {
        "party": party_document(assignment.party),
        "co_handlers": [party_document(party) for party in assignment.co_handlers],
        "rule": {
            "id": assignment.rule_id,
            "rule_set": assignment.rule_set,
            "scope": assignment.scope,
        },
        "reason": assignment.reason,
        "fallback": assignment.fallback,
        "handling": assignment.handling,
        "mode": assignment.mode,
        "seconds": [
            {"relation": second.relation, "party": party_document(second.party)}
            for second in assignment.seconds
        ],
    }


def locate_document(placement: Placement, assignment: Assignment) -> Document:
    """Return the whole answer about a point, of the shape of `LocateAnswer`."""
    version = placement.version
    return {
        "point": {"lon": placement.lon, "lat": placement.lat},
        "placement": placement_document(placement),
        "assignment": assignment_document(assignment),
        "decision": placement.decision,
        "candidates": [
            {**unit_document(candidate.unit), "probability": candidate.probability}
            for candidate in placement.candidates
        ],
        "version": version.version,
        "valid_from": _written(version.valid_from),
    }


@lru_cache(maxsize=64)
def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def encoded(document: Document) -> bytes:
    """Return an answer as JSON in UTF-8."""
    return to_json(document)


def encoded_rows(rows: Sequence[Document]) -> bytes:
    """Return answers as JSON in UTF-8, with commas between them."""
    return to_json(rows)[1:-1]
