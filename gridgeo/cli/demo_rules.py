"""Who answers in the demo city: made-up offices with a complete, believable set of rules.

Every unit down to the community has an office that answers for everything (the territorial
fallback). The district's departments answer for classes of matters. An exclusive grid's lead party
takes the appearance of the city and order in its streets, with the others beside it.
"""

from collections.abc import Iterator, Mapping

from gridgeo.cli.city_files import SCHEME
from gridgeo.parties.model import NewParty, NewRule
from gridgeo.synth import SynthCity

OFFICES = {
    "city": ("operations_centre", "{}城市运行管理中心"),
    "district": ("operations_centre", "{}城市运行管理中心"),
    "township": ("territorial_office", "{}办事处"),
    "community": ("residents_committee", "{}"),
}

DEPARTMENT_OF_MAJOR = {
    "01": "municipal_works",
    "02": "traffic_police",
    "03": "urban_management",
    "04": "landscaping",
    "06": "urban_management",
    "07": "urban_management",
    "08": "housing_construction",
}

EXCLUSIVE_MAJORS = ("06", "09")


def demo_parties(made: SynthCity, departments: Mapping[str, str]) -> Iterator[NewParty]:
    """Yield the offices of units, the districts' departments, and the exclusive grids' parties."""
    for unit in made.units:
        if unit.level in OFFICES:
            kind, pattern = OFFICES[unit.level]
            yield _party(f"U{unit.code}", pattern.format(unit.name), kind)
    for district in (unit for unit in made.units if unit.level == "district"):
        for kind in sorted(set(DEPARTMENT_OF_MAJOR.values())):
            name = f"{district.name}{departments[kind]}主管部门"
            yield _party(f"D{district.code}-{kind}", name, kind)
    for grid in made.exclusive_grids:
        for number, name in enumerate(grid.party_names):
            yield _party(f"E{grid.code}-{number:02d}", name, "exclusive_grid_party")


def _party(code: str, name: str, kind: str) -> NewParty:
    return NewParty(code, name, kind, contact=f"演示联络渠道 demo-{code}", synthetic=True)


def demo_rules(made: SynthCity) -> list[NewRule]:
    """Return rules by which every point and every category has one lead party."""
    return [*_territory(made), *_departments(made), *_exclusive(made)]


def _territory(made: SynthCity) -> Iterator[NewRule]:
    for unit in made.units:
        if unit.level in OFFICES:
            yield NewRule(party_code=f"U{unit.code}", unit_code=unit.code)


def _departments(made: SynthCity) -> Iterator[NewRule]:
    for district in (unit for unit in made.units if unit.level == "district"):
        for major, kind in DEPARTMENT_OF_MAJOR.items():
            yield NewRule(
                party_code=f"D{district.code}-{kind}",
                unit_code=district.code,
                category_scheme=SCHEME,
                category=major,
            )


def _exclusive(made: SynthCity) -> Iterator[NewRule]:
    for grid in made.exclusive_grids:
        for number, _ in enumerate(grid.party_names):
            for major in EXCLUSIVE_MAJORS:
                yield NewRule(
                    party_code=f"E{grid.code}-{number:02d}",
                    exclusive_code=grid.code,
                    category_scheme=SCHEME,
                    category=major,
                    role="lead" if number == 0 else "co_handler",
                )
