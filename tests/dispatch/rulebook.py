"""Rules drawn by hand: a city C with a district D, a township T and a leaf L, and what is around.

C city ── D district ── T township ── L leaf      exclusive grids X, Y, Z
"""

from datetime import UTC, datetime

from msgspec.structs import replace

from gridgeo.dispatch.model import NOTHING_AROUND, Matter, assign
from gridgeo.locate.model import ExclusiveRef, Placement, UnitRef
from gridgeo.parties.calendars import minute_of
from gridgeo.parties.model import Attachment, CategoryTree, Party, ResponsibilityRule, RuleSet
from gridgeo.units.model import MapVersion

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
VERSION = MapVersion(1, NOW, "test", "", None, True)

CITY = UnitRef(1, "C", "city", "city", None)
DISTRICT = UnitRef(2, "D", "district", "district", 1)
TOWN = UnitRef(3, "T", "township", "town", 2)
LEAF = UnitRef(4, "L", "grid", "leaf", 3)
OTHER = UnitRef(5, "O", "district", "the legal district", 1)
UNITS = {unit.code: unit for unit in (CITY, DISTRICT, TOWN, LEAF, OTHER)}
GRIDS = {code: ExclusiveRef(number, code, code) for number, code in enumerate("XYZ", start=10)}

TREE = CategoryTree(
    parents={
        ("new", "06"): None, ("new", "0601"): ("new", "06"), ("new", "06010"): ("new", "0601"),
        ("new", "06011"): ("new", "0601"), ("new", "09"): None, ("new", "061"): None,
        ("old", "A"): None, ("old", "A1"): ("old", "A"), ("old", "B"): None,
    },
    same_as={("old", "A"): ("new", "0601")},
)  # fmt: skip


def party(name, kind="office", superior=None):
    return Party(sum(map(ord, name)), name, name, kind, "", superior)


def rule(number, name, scope, category=None, **more):
    """Rule `number` by which the party `name` answers for a unit, a grid or assets.

    A name in angle brackets is a kind of party; "road 花园路" are assets.
    """
    kind = name[1:-1] if name.startswith("<") else None
    words = scope.split()
    of_asset = scope not in UNITS and scope not in GRIDS
    return ResponsibilityRule(
        rule_id=number,
        scope_unit_id=UNITS[scope].unit_id if scope in UNITS else None,
        scope_exclusive_id=GRIDS[scope].exclusive_id if scope in GRIDS else None,
        category_scheme=None if category is None else more.pop("scheme", "new"),
        category=category,
        role=more.pop("role", "lead"),
        party=None if kind else party(name),
        party_kind=kind,
        asset_kind=words[0] if of_asset else None,
        asset_name=words[1] if of_asset and len(words) > 1 else None,
        tolerance_m=more.pop("tolerance_m", 10.0 if of_asset else None),
        **more,
    )


def by_scope(rules):
    """Return rules by unit, by exclusive grid, and those of assets, in the order given."""
    of_unit, of_exclusive, of_asset = {}, {}, []
    for one in rules:
        if one.scope_unit_id is not None:
            of_unit.setdefault(one.scope_unit_id, []).append(one)
        elif one.scope_exclusive_id is not None:
            of_exclusive.setdefault(one.scope_exclusive_id, []).append(one)
        else:
            of_asset.append(one)
    return of_unit, of_exclusive, of_asset


FALLBACK = rule(1, "city", "C")
"""The rule that every rule set has."""


def rule_set(*rules, attached=(), **more):
    """Return rules, the city's fallback before them, as a set."""
    serving = [
        Attachment(
            who, UNITS[at].unit_id if at in UNITS else None,
            GRIDS[at].exclusive_id if at in GRIDS else None,
        )
        for who, at in attached
    ]  # fmt: skip
    parties = {who.party_id: who for who, _ in attached}
    parties |= {one.party.party_id: one.party for one in rules if one.party}
    parties |= more.pop("parties", {})
    return RuleSet(
        7, NOW, *by_scope((FALLBACK, *rules)), parties, serving,
        **{"categories": TREE, **more},
    )  # fmt: skip


def placed(inside=True, exclusive=""):
    return Placement(
        lon=0.0,
        lat=0.0,
        version=VERSION,
        unit=LEAF if inside else None,
        chain=(CITY, DISTRICT, TOWN, LEAF) if inside else (),
        exclusive=tuple(GRIDS[code] for code in exclusive),
        border=None,
        nearest=None,
        decision="sure",
        candidates=(),
    )


def ask(rules, category="06010", scheme="new", at=NOW, around=NOTHING_AROUND, **more):
    """Return the assignment of a point in the leaf."""
    where = placed(more.pop("inside", True), more.pop("exclusive", ""))
    around = replace(around, **more)
    matter = Matter(category, scheme if category else None, minute_of(at))
    return assign(where, rules, CITY, matter, around, traced=True)
