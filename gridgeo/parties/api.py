"""Who answers for what: parties, rules, categories, channels."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query
from pydantic import BaseModel

from gridgeo.access.api import requires
from gridgeo.access.model import Caller
from gridgeo.db.requests import Reading, Writing
from gridgeo.errors import BadInput
from gridgeo.parties import store
from gridgeo.parties.changing import publish_changes
from gridgeo.parties.forms import (
    Mode,
    ModeIn,
    PartyIn,
    PartyRow,
    PeriodRow,
    RuleRow,
    RulesIn,
    area_of,
)
from gridgeo.parties.modes import list_mode_periods, switch_off, switch_on
from gridgeo.parties.written import ChangeSet
from gridgeo.units.api import Limit
from gridgeo.units.store import parse_instant, resolve_version, unit_row

router = APIRouter(tags=["responsibility"])

Operator = Annotated[Caller, Depends(requires("write_rules"))]


class PartiesAnswer(BaseModel):
    """Parties in code order; `next` is the code to continue after."""

    parties: list[PartyRow]
    next: str | None


class RulesAnswer(BaseModel):
    """Rules of one rule set in id order; `next` is the id to continue after."""

    rule_set: int
    valid_from: datetime
    rules: list[RuleRow]
    next: int | None


class RulesChanged(BaseModel):
    """The rule set that a change made."""

    rule_set: int


class ModesAnswer(BaseModel):
    """The operating modes, and what was switched on, newest first; `next` continues before it."""

    modes: list[Mode]
    periods: list[PeriodRow]
    next: int | None


class ModeSwitched(BaseModel):
    """The period that was begun or ended."""

    period_id: int


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


@router.post("/parties", status_code=201)
def put_parties(
    conn: Writing, caller: Operator, body: Annotated[list[PartyIn], Body(max_length=10_000)]
) -> RulesChanged:
    """Write parties, new or as they are from now on, as one rule set."""
    changes = ChangeSet(parties=[party.value() for party in body])
    return RulesChanged(rule_set=publish_changes(conn, changes, caller.name, "parties"))


@router.post("/rules", status_code=201)
def change_rules(conn: Writing, caller: Operator, body: RulesIn) -> RulesChanged:
    """Make a rule set of a whole change, all or nothing; every worker has it within a second."""
    number = publish_changes(conn, body.value(), caller.name, body.note)
    return RulesChanged(rule_set=number)


@router.get("/modes")
def modes(
    conn: Reading,
    at: Annotated[str | None, Query(max_length=40, description="Only what is on then.")] = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Limit = 100,
) -> ModesAnswer:
    """List the operating modes and what was switched on, newest first."""
    on_at = None if at is None else parse_instant(at)
    rows = list_mode_periods(conn, on_at, before, limit + 1)
    more = rows[limit - 1]["period_id"] if len(rows) > limit else None
    return ModesAnswer(
        modes=[Mode(**row) for row in store.list_modes(conn)],
        periods=[PeriodRow(**row) for row in rows[:limit]],
        next=more,
    )


@router.post("/modes", status_code=201)
def switch_mode(conn: Writing, caller: Operator, body: ModeIn) -> ModeSwitched:
    """Switch a mode on, or a period that is on or to come off; live in every worker at once."""
    if (body.mode is None) == (body.period_id is None):
        raise BadInput("Give a mode to switch on, or a period_id to switch off.", key="mode")
    if body.period_id is not None:
        switch_off(conn, body.period_id, caller.name, body.ends_at)
        return ModeSwitched(period_id=body.period_id)
    period_id = switch_on(
        conn, body.mode or "", caller.name, starts_at=body.starts_at, ends_at=body.ends_at,
        units=body.units, area=area_of(body.area), note=body.note,
    )  # fmt: skip
    return ModeSwitched(period_id=period_id)


@router.get("/categories")
def categories(conn: Reading) -> CategoriesAnswer:
    """List the classes of matters, by scheme and code."""
    return CategoriesAnswer(categories=[Category(**row) for row in store.list_categories(conn)])


@router.get("/channels")
def channels(conn: Reading) -> ChannelsAnswer:
    """List the intake channels."""
    return ChannelsAnswer(channels=[Channel(**row) for row in store.list_channels(conn)])
