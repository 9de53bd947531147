"""An answer about a point as JSON holds it; `forms.py` describes the shape."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from gridgeo.dispatch.model import Assignment
from gridgeo.locate.model import Placement, UnitRef
from gridgeo.parties.model import Party

Document = dict[str, Any]
"""An answer as JSON holds it; each has the shape of the class of `forms.py` with its name."""


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
    return orjson.dumps(document)


def encoded_rows(rows: Sequence[Document]) -> bytes:
    """Return answers as JSON in UTF-8, with commas between them."""
    return orjson.dumps(rows)[1:-1]
