"""The shape of an answer about a point, which other programs rely on, as the API describes it.

`answer.py` makes the answers, as plain documents, and knows nothing of this.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


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
