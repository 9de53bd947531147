"""Who answers in the demo city: made-up offices with a complete, believable set of rules.

Territory: every unit down to the community has an office that answers for everything no other rule
speaks of. Matters: one rule of the city for each class names a kind of department; the party of
that kind which serves the place nearest upwards answers, so it is the district's own. Exclusive
grids: the lead party takes appearance and street order, with the others beside it. What modes,
hours, holidays and assets change stands in `demo_exceptions`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gridgeo.cli.city_files import SCHEME
from gridgeo.cli.demo_exceptions import (
    BY_DAY,
    EMPTY_AT_NIGHT,
    POSTS_CALENDAR,
    SHIFTS,
    exceptions,
)
from gridgeo.parties.calendars import ALWAYS, When
from gridgeo.parties.written import CategoryMapping, ChangeSet, NewAttachment, NewParty, NewRule
from gridgeo.synth import SynthCity
from gridgeo.synth.model import SynthUnit

OFFICES = {
    "city": ("operations_centre", "{}城市运行管理中心"),
    "district": ("operations_centre", "{}城市运行管理中心"),
    "township": ("territorial_office", "{}办事处"),
    "community": ("residents_committee", "{}"),
}

OF_THE_CITY = (
    "utility_water", "utility_drainage", "utility_power", "utility_gas", "utility_heat",
    "telecom_operator", "rail_metro_operator", "shared_mobility_operator",
)  # fmt: skip
"""Kinds that serve the whole city; of all others each district has its own, below the city's."""

EXCLUSIVE_KIND = "exclusive_grid_party"
EXCLUSIVE_MAJORS = ("06", "09")

LEGAL_KINDS = ("natural_resources",)
"""Kinds whose powers follow the legal parent of a place, not the unit that administers it."""

HOTLINE = "example12345"
HOTLINE_DEPARTMENTS = {
    "01": "housing_construction",
    "02": "urban_management",
    "03": "transport",
    "04": "ecology_environment",
    "05": "emergency_management",
    "06": "market_supervision",
    "07": "civil_affairs",
    "99": "petitions",
}
"""Who takes those matters of the hotline's tree that stand for no class of the standard."""


@dataclass(frozen=True, slots=True)
class RuleInputs:
    """What the demo rules need beside the city.

    Parameters
    ----------
    departments : mapping
        Chinese name of each kind of department.
    class_departments : mapping
        Kind of department by class code of the standard.
    parents : mapping
        Class above each class of the standard; None for the highest.
    mappings : sequence
        Classes of other schemes that stand for classes of the standard.
    days : mapping
        Days that are not as usual.
    """

    departments: Mapping[str, str]
    class_departments: Mapping[str, str]
    parents: Mapping[str, str | None]
    mappings: Sequence[CategoryMapping] = ()
    days: Mapping[date, str] = field(default_factory=dict)

    @property
    def kinds(self) -> list[str]:
        """The kinds of departments that some class needs."""
        return sorted({*self.class_departments.values(), *HOTLINE_DEPARTMENTS.values()})


def demo_changes(made: SynthCity, inputs: RuleInputs) -> ChangeSet:
    """Return the whole rule set by which every point, matter and minute has one lead party."""
    city = made.units[0].code
    return ChangeSet(
        parties=[*_offices(made), *_departments(made, inputs), *_exclusive_parties(made)],
        attached=[*_attached_offices(made), *_attached_departments(made, inputs),
                  *_attached_teams(made)],
        shifts=SHIFTS,
        days=inputs.days,
        mappings=inputs.mappings,
        rules=[*_territory(made), *_matters(city, inputs), *_exclusive(made),
               *exceptions(made)],
        replace=True,
    )  # fmt: skip


def post_shift(kind: str, code: str) -> tuple[str | None, str | None]:
    """Return calendar and shift of a duty post: workers take turns, all others are on call."""
    if kind != "grid_worker":
        return None, None
    unit, _, _ = code.partition("-")
    return POSTS_CALENDAR, "day" if int(unit[-1]) % 2 else "night"


def _party(code: str, name: str, kind: str, superior: str | None = None) -> NewParty:
    contact = f"演示联络渠道 demo-{code}"
    return NewParty(code, name, kind, contact, synthetic=True, superior_code=superior)


# --- territory -----------------------------------------------------------------------------------


def _offices(made: SynthCity) -> Iterator[NewParty]:
    """Yield the office of each unit down to the community, below that of its parent."""
    for unit in made.units:
        if unit.level in OFFICES:
            kind, pattern = OFFICES[unit.level]
            above = None if unit.parent_code is None else f"U{unit.parent_code}"
            yield _party(f"U{unit.code}", pattern.format(unit.name), kind, above)


def _attached_offices(made: SynthCity) -> Iterator[NewAttachment]:
    for unit in made.units:
        if unit.level in OFFICES:
            yield NewAttachment(f"U{unit.code}", unit_code=unit.code)


def _territory(made: SynthCity) -> Iterator[NewRule]:
    for unit in made.units:
        if unit.level in OFFICES:
            yield NewRule(party_code=f"U{unit.code}", unit_code=unit.code)


# --- matters -------------------------------------------------------------------------------------


def _departments(made: SynthCity, inputs: RuleInputs) -> Iterator[NewParty]:
    """Yield the city's departments, and those of each district below them."""
    city = made.units[0]
    for kind in inputs.kinds:
        name = inputs.departments[kind]
        yield _party(f"D{city.code}-{kind}", f"{city.name}{name}主管部门", kind, f"U{city.code}")
    for district, kind in _of_districts(made, inputs):
        name = f"{district.name}{inputs.departments[kind]}主管部门"
        yield _party(f"D{district.code}-{kind}", name, kind, f"D{city.code}-{kind}")


def _of_districts(made: SynthCity, inputs: RuleInputs) -> Iterator[tuple[SynthUnit, str]]:
    for district in (unit for unit in made.units if unit.level == "district"):
        for kind in inputs.kinds:
            if kind not in OF_THE_CITY:
                yield district, kind


def _attached_departments(made: SynthCity, inputs: RuleInputs) -> Iterator[NewAttachment]:
    city = made.units[0].code
    for kind in inputs.kinds:
        yield NewAttachment(f"D{city}-{kind}", unit_code=city)
    for district, kind in _of_districts(made, inputs):
        yield NewAttachment(f"D{district.code}-{kind}", unit_code=district.code)


def _matters(city: str, inputs: RuleInputs) -> Iterator[NewRule]:
    """Yield a rule for each class whose kind of department is not that of the class above."""
    for code, kind in inputs.class_departments.items():
        above = inputs.parents[code]
        if above is None or inputs.class_departments.get(above) != kind:
            yield _matter(city, SCHEME, code, kind)
    for code, kind in HOTLINE_DEPARTMENTS.items():
        yield _matter(city, HOTLINE, code, kind)


def _matter(city: str, scheme: str, code: str, kind: str) -> NewRule:
    return NewRule(
        unit_code=city,
        category_scheme=scheme,
        category=code,
        party_kind=kind,
        tree="legal" if kind in LEGAL_KINDS else "administering",
    )


# --- exclusive grids -----------------------------------------------------------------------------


def _exclusive_parties(made: SynthCity) -> Iterator[NewParty]:
    for grid in made.exclusive_grids:
        for number, name in enumerate(grid.party_names):
            yield _party(f"E{grid.code}-{number:02d}", name, EXCLUSIVE_KIND)


def _attached_teams(made: SynthCity) -> Iterator[NewAttachment]:
    for grid in made.exclusive_grids:
        for number, _ in enumerate(grid.party_names):
            role = "co_handler" if number else "lead"
            yield NewAttachment(f"E{grid.code}-{number:02d}", exclusive_code=grid.code, role=role)


def _exclusive(made: SynthCity) -> Iterator[NewRule]:
    for grid in made.exclusive_grids:
        for number, _ in enumerate(grid.party_names):
            role, when = _part_of(grid.kind, number)
            for major in EXCLUSIVE_MAJORS:
                yield NewRule(
                    party_code=f"E{grid.code}-{number:02d}",
                    exclusive_code=grid.code,
                    category_scheme=SCHEME,
                    category=major,
                    role=role,
                    when=when,
                    handling="direct" if role == "co_handler" else "joint",
                )


def _part_of(kind: str, number: int) -> tuple[str, When]:
    """Return the role of a party of an exclusive grid, and when it has it."""
    by_turns = kind in EMPTY_AT_NIGHT
    if number == 0:
        return "lead", BY_DAY if by_turns else ALWAYS
    return "deputy" if by_turns and number == 1 else "co_handler", ALWAYS
