"""What the API takes and shows of parties, rules and modes."""

from datetime import date, datetime
from typing import Any, Literal

import shapely
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

from gridgeo.errors import BadInput
from gridgeo.parties.calendars import Shift, ShiftCalendar, When
from gridgeo.parties.written import CategoryMapping, ChangeSet, NewAttachment, NewParty, NewRule

Role = Literal["lead", "deputy", "co_handler"]
DayKind = Literal["workday", "weekend", "holiday"]


class Form(BaseModel):
    """A body of a request; a key that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


class PartyIn(Form):
    """A party to be written; one with a code that is known becomes what is said here."""

    code: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=200)
    kind: str = Field(min_length=1, max_length=64)
    contact: str = Field("", max_length=200)
    superior: str | None = Field(None, max_length=64, description="To whom it escalates.")

    def value(self) -> NewParty:
        """Return it as a value."""
        return NewParty(self.code, self.name, self.kind, self.contact, superior_code=self.superior)


class AttachmentIn(Form):
    """A party serves a unit and below, or an exclusive grid."""

    party: str = Field(max_length=64)
    unit: str | None = Field(None, max_length=24)
    exclusive_grid: str | None = Field(None, max_length=24)
    role: Role = "lead"

    def value(self) -> NewAttachment:
        """Return it as a value."""
        return NewAttachment(self.party, self.unit, self.exclusive_grid, self.role)


class RuleIn(Form):
    """A rule: one scope (unit, exclusive grid or assets), one answer (party or kind), and when."""

    unit: str | None = Field(None, max_length=24)
    exclusive_grid: str | None = Field(None, max_length=24)
    asset_kind: str | None = Field(None, max_length=64)
    asset_name: str | None = Field(None, max_length=200)
    tolerance_m: float | None = Field(None, ge=0, le=500, allow_inf_nan=False)
    category_scheme: str | None = Field(None, max_length=40)
    category: str | None = Field(None, max_length=24)
    mode: str | None = Field(None, max_length=40)
    role: Role = "lead"
    party: str | None = Field(None, max_length=64)
    party_kind: str | None = Field(None, max_length=64)
    shift_calendar: str | None = Field(None, max_length=64)
    shift: str | None = Field(None, max_length=64)
    weekdays: list[int] = Field([], max_length=7, description="1 Monday to 7 Sunday; all without.")
    day_kinds: list[DayKind] = Field([], max_length=3)
    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None
    priority: int = Field(0, ge=-1_000_000, le=1_000_000)
    tree: Literal["administering", "legal"] = "administering"
    handling: Literal["direct", "joint", "escalated"] = "direct"
    reports_to: str | None = Field(None, max_length=64)
    reports_to_kind: str | None = Field(None, max_length=64)

    def value(self) -> NewRule:
        """Return it as a value; raises `BadInput` where its condition on time is none."""
        return NewRule(
            self.party, self.unit, self.exclusive_grid, self.category_scheme, self.category,
            self.role, self.party_kind, self.asset_kind, self.asset_name, self.tolerance_m,
            self.mode, self._when(), self.priority, self.tree, self.handling, self.reports_to,
            self.reports_to_kind,
        )  # fmt: skip

    def _when(self) -> When:
        if (self.shift is None) != (self.shift_calendar is None):
            raise BadInput("A shift goes with its shift_calendar.", key="shift", value=self.shift)
        if not set(self.weekdays) <= set(range(1, 8)):
            raise BadInput("Weekdays are 1 to 7.", key="weekdays", value=self.weekdays)
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise BadInput("valid_to must be after valid_from.", key="valid_to")
        named = (
            None
            if self.shift is None or self.shift_calendar is None
            else (self.shift_calendar, self.shift)
        )
        weekdays, kinds = frozenset(self.weekdays), frozenset[str](self.day_kinds)
        return When(named, weekdays, kinds, self.valid_from, self.valid_to)


class ShiftIn(Form):
    """Part of each of some weekdays; an end that is not after the start is on the next day."""

    name: str = Field(min_length=1, max_length=64)
    weekdays: list[int] = Field(list(range(1, 8)), min_length=1, max_length=7)
    starts: int = Field(ge=0, le=1439, description="Minute of the day.")
    ends: int = Field(ge=0, le=1440, description="Minute of the day; half-open.")


class CalendarIn(Form):
    """A shift calendar; one with a code that is known is put in the place of the former."""

    code: str = Field(min_length=1, max_length=64)
    name: str = Field("", max_length=200)
    shifts: list[ShiftIn] = Field(max_length=100)

    def value(self) -> ShiftCalendar:
        """Return it as a value; raises `BadInput` for a weekday that is none."""
        for shift in self.shifts:
            if not set(shift.weekdays) <= set(range(1, 8)):
                raise BadInput("Weekdays are 1 to 7.", key="weekdays", value=shift.weekdays)
        return ShiftCalendar(
            self.code,
            self.name,
            tuple(
                Shift(shift.name, frozenset(shift.weekdays), shift.starts, shift.ends)
                for shift in self.shifts
            ),
        )


class MappingIn(Form):
    """A class of one scheme stands for a class of another."""

    scheme: str = Field(max_length=40)
    category: str = Field(max_length=24)
    to_scheme: str = Field(max_length=40)
    to_category: str = Field(max_length=24)


class RulesIn(Form):
    """A change set: all or nothing, one new rule set."""

    note: str = Field("", max_length=400)
    parties: list[PartyIn] = Field([], max_length=100_000)
    attached: list[AttachmentIn] = Field([], max_length=100_000)
    shifts: list[CalendarIn] = Field([], max_length=1_000)
    days: dict[date, Literal["holiday", "workday"]] = {}
    mappings: list[MappingIn] = Field([], max_length=10_000)
    rules: list[RuleIn] = Field([], max_length=100_000)
    end_rules: list[int] = Field([], max_length=100_000, description="Ids that hold no more.")
    replace: bool = Field(False, description="Whether nothing else holds from now on.")

    def value(self) -> ChangeSet:
        """Return it as a value; raises `BadInput`."""
        return ChangeSet(
            [party.value() for party in self.parties],
            [rule.value() for rule in self.rules],
            [one.value() for one in self.attached],
            [calendar.value() for calendar in self.shifts],
            dict(self.days),
            [CategoryMapping(**mapping.model_dump()) for mapping in self.mappings],
            self.end_rules,
            self.replace,
        )


class ModeIn(Form):
    """Switch a mode on, or with `period_id` off; in units and below, a polygon, or everywhere."""

    mode: str | None = Field(None, max_length=40)
    period_id: int | None = Field(None, ge=1, le=2**31 - 1, description="The period to end.")
    starts_at: AwareDatetime | None = Field(None, description="At the earliest now.")
    ends_at: AwareDatetime | None = Field(None, description="Until switched off without.")
    units: list[str] = Field([], max_length=1_000)
    area: dict[str, Any] | None = Field(None, description="GeoJSON polygon in degrees.")
    note: str = Field("", max_length=400)


def area_of(document: dict[str, Any] | None) -> Polygon | MultiPolygon | None:
    """Return a polygon of GeoJSON; raises `BadInput` for anything else."""
    if document is None:
        return None
    try:
        found = shape(document)
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
        found = None
    if not isinstance(found, Polygon | MultiPolygon):
        raise BadInput("The area must be a GeoJSON Polygon or MultiPolygon.", key="area")
    west, south, east, north = found.bounds or (0.0, 0.0, 0.0, 0.0)
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput("The area must be in degrees, lon before lat.", key="area")
    return found


class PartyRow(BaseModel):
    """An office or a post; never a person."""

    code: str
    name: str
    kind: str
    contact: str
    superior: str | None
    synthetic: bool


class RuleRow(BaseModel):
    """A rule as it holds; see `POST /rules` for what its parts mean."""

    rule_id: int
    unit: str | None
    exclusive_grid: str | None
    asset_kind: str | None
    asset_name: str | None
    tolerance_m: float | None
    category_scheme: str | None
    category: str | None
    mode: str | None
    role: str
    party: str | None
    party_name: str | None
    party_kind: str | None
    shift_calendar: str | None
    shift: str | None
    weekdays: list[int]
    day_kinds: list[str]
    valid_from: datetime | None
    valid_to: datetime | None
    priority: int
    tree: str
    handling: str
    reports_to: str | None
    reports_to_kind: str | None


class Mode(BaseModel):
    """An operating mode; of several that are on at a place the highest priority decides first."""

    mode: str
    priority: int
    name_zh: str
    name_en: str


class PeriodRow(BaseModel):
    """A mode that was switched on; without units and area it holds everywhere."""

    period_id: int
    mode: str
    starts_at: datetime
    ends_at: datetime | None
    units: list[str]
    area: dict[str, Any] | None
    note: str
    switched_on_by: str
    switched_off_by: str | None
    recorded_at: datetime
