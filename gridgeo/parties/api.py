"""Who answers for what: parties, rules, categories, channels."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from gridgeo.db.requests import Reading
from gridgeo.parties import store
from gridgeo.units.api import Limit
from gridgeo.units.store import parse_instant, resolve_version, unit_row

router = APIRouter(tags=["responsibility"])


class PartyRow(BaseModel):
    """An office or a post; never a person."""

    code: str
    name: str
    kind: str
    contact: str
    synthetic: bool


class PartiesAnswer(BaseModel):
    """Parties in code order; `next` is the code to continue after."""

    parties: list[PartyRow]
    next: str | None


class RuleRow(BaseModel):
    """A party answers in a role for a unit and below, or an exclusive grid."""

    rule_id: int
    unit: str | None
    exclusive_grid: str | None
    category_scheme: str | None
    category: str | None
    role: str
    party: str
    party_name: str


class RulesAnswer(BaseModel):
    """Rules of one rule set in id order; `next` is the id to continue after."""

    rule_set: int
    valid_from: datetime
    rules: list[RuleRow]
    next: int | None


class Category(BaseModel):
    """A class of matters."""

    scheme: str
    code: str
    parent_code: str | None
    name_zh: str
    name_en: str


class CategoriesAnswer(BaseModel):
    """All classes of matters, by scheme and code."""

    categories: list[Category]


class Channel(BaseModel):
    """A way by which reports come in."""

    channel: str
    name_zh: str
    name_en: str
    kind: str


class ChannelsAnswer(BaseModel):
    """All intake channels."""

    channels: list[Channel]


@router.get("/parties")
def parties(
    conn: Reading,
    q: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 100,
) -> PartiesAnswer:
    """List parties in code order, by a part of their name."""
    rows = store.list_parties(conn, q, after, limit + 1)
    more = rows[limit - 1]["code"] if len(rows) > limit else None
    return PartiesAnswer(parties=[PartyRow(**row) for row in rows[:limit]], next=more)


@router.get("/rules")
def rules(
    conn: Reading,
    unit: Annotated[str | None, Query(max_length=24)] = None,
    at: Annotated[str | None, Query(max_length=40, description="An instant; now without.")] = None,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    limit: Limit = 100,
) -> RulesAnswer:
    """List the responsibility rules valid at an instant."""
    instant = datetime.now(UTC) if at is None else parse_instant(at)
    if unit is not None:
        unit_row(conn, resolve_version(conn, at).version, unit)
    number, valid_from = store.rule_set_at(conn, instant)
    rows = store.list_rules(conn, number, unit, after, limit + 1)
    more = rows[limit - 1]["rule_id"] if len(rows) > limit else None
    return RulesAnswer(
        rule_set=number,
        valid_from=valid_from,
        rules=[RuleRow(**row) for row in rows[:limit]],
        next=more,
    )


@router.get("/categories")
def categories(conn: Reading) -> CategoriesAnswer:
    """List the classes of matters, by scheme and code."""
    return CategoriesAnswer(categories=[Category(**row) for row in store.list_categories(conn)])


@router.get("/channels")
def channels(conn: Reading) -> ChannelsAnswer:
    """List the intake channels."""
    return ChannelsAnswer(channels=[Channel(**row) for row in store.list_channels(conn)])
