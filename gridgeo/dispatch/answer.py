"""The shape of an answer about a point, which other programs rely on."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

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
    """Metres to the nearest border of the leaf; no neighbour means the outside of the city."""

    distance_m: float
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


class AssignmentAnswer(BaseModel):
    """Whose it is, and why."""

    party: PartyAnswer
    co_handlers: list[PartyAnswer]
    rule: RuleAnswer
    reason: Literal["exclusive_grid", "unit_rule", "territorial_fallback", "outside_city"]
    fallback: bool


class LocateAnswer(BaseModel):
    """The whole answer about one point."""

    point: PointAnswer
    placement: PlacementAnswer
    assignment: AssignmentAnswer
    decision: Literal["sure", "ask"]
    candidates: list[CandidateAnswer]
    version: int
    valid_from: datetime


def unit_answer(unit: UnitRef) -> UnitAnswer:
    """Return a unit as the API shows it."""
    return UnitAnswer(code=unit.code, level=unit.level, name=unit.name)


def party_answer(party: Party) -> PartyAnswer:
    """Return a party as the API shows it."""
    return PartyAnswer(code=party.code, name=party.name, kind=party.kind, contact=party.contact)


def placement_answer(placement: Placement) -> PlacementAnswer:
    """Return a placement as the API shows it."""
    border, nearest = placement.border, placement.nearest
    return PlacementAnswer(
        unit=unit_answer(placement.unit) if placement.unit else None,
        chain=[unit_answer(unit) for unit in placement.chain],
        exclusive=[ExclusiveAnswer(code=g.code, name=g.name) for g in placement.exclusive],
        border=BorderAnswer(
            distance_m=border.distance_m,
            neighbour=unit_answer(border.neighbour) if border.neighbour else None,
        )
        if border
        else None,
        reason="outside_city" if placement.unit is None else None,
        nearest=NearestAnswer(
            **unit_answer(nearest.unit).model_dump(), distance_m=nearest.distance_m
        )
        if nearest
        else None,
    )


def assignment_answer(assignment: Assignment) -> AssignmentAnswer:
    """Return an assignment as the API shows it."""
    return AssignmentAnswer.model_validate(
        {
            "party": party_answer(assignment.party),
            "co_handlers": [party_answer(party) for party in assignment.co_handlers],
            "rule": RuleAnswer(
                id=assignment.rule_id, rule_set=assignment.rule_set, scope=assignment.scope
            ),
            "reason": assignment.reason,
            "fallback": assignment.fallback,
        }
    )


def locate_answer(placement: Placement, assignment: Assignment) -> LocateAnswer:
    """Return the whole answer about a point."""
    return LocateAnswer.model_validate(
        {
            "point": PointAnswer(lon=placement.lon, lat=placement.lat),
            "placement": placement_answer(placement),
            "assignment": assignment_answer(assignment),
            "decision": placement.decision,
            "candidates": [
                CandidateAnswer(
                    **unit_answer(candidate.unit).model_dump(), probability=candidate.probability
                )
                for candidate in placement.candidates
            ],
            "version": placement.version.version,
            "valid_from": placement.version.valid_from,
        }
    )
