"""What the city's profile says of the sizes of units, and how much a problem of a plan weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

from gridgeo.errors import BadInput
from gridgeo.geometry.problem import ProblemKind
from gridgeo.units.model import Profile, Unit

Measure = Literal["households", "area_m2"]
Status = Literal["green", "amber", "red"]
Severity = Literal["error", "warning"]

Row = TypeVar("Row", "BalanceRule", "Minimum")

WARNINGS: frozenset[ProblemKind] = frozenset({"out_of_balance", "not_contiguous"})
"""Kinds that only warn unless the profile says otherwise; all others are errors."""

LAWS: frozenset[ProblemKind] = frozenset(
    {"gap", "overlap", "unmatched_edge", "outside_parent", "invalid"}
)
"""Kinds that break a law of the map: no profile can make them less than errors."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """A unit's households, and its area where it was measured."""

    households: int
    area_m2: float

    def value(self, measure: Measure) -> float:
        """Return one of the two."""
        return self.households if measure == "households" else self.area_m2


@dataclass(frozen=True, slots=True)
class BalanceRule:
    """How large the units of a level shall be; of grids perhaps only those with units in them.

    Within `least` and `most` a unit is green; outside by no more than `amber_share` of the bound it
    is amber, beyond that red.
    """

    level: str
    measure: Measure
    least: float
    most: float
    only_with_children: bool = False
    amber_share: float = 0.0

    @property
    def low(self) -> float:
        """The least value that is still amber."""
        return self.least * (1.0 - self.amber_share)

    @property
    def high(self) -> float:
        """The greatest value that is still amber."""
        return self.most * (1.0 + self.amber_share)

    def holds_for(self, unit: Unit) -> bool:
        """Say whether the rule speaks of a unit."""
        return unit.level == self.level and not (self.only_with_children and unit.is_leaf)

    def status(self, value: float) -> Status:
        """Return how a value stands to the rule."""
        if self.least <= value <= self.most:
            return "green"
        return "amber" if self.low <= value <= self.high else "red"


@dataclass(frozen=True, slots=True)
class Minimum:
    """What no unit of a level may fall below."""

    level: str
    measure: Measure
    least: float


@dataclass(frozen=True, slots=True)
class Limits:
    """All that a profile says of sizes and severities."""

    balance: tuple[BalanceRule, ...]
    minima: tuple[Minimum, ...]
    severities: Mapping[str, Severity]

    @classmethod
    def of(cls, profile: Profile) -> "Limits":
        """Read them from the tables `balance`, `minimum` and `severity` of a profile.

        Raises
        ------
        BadInput
            Naming the table, when it lacks a key or holds what does not belong there.
        """
        document = profile.document
        return cls(
            tuple(_row("balance", BalanceRule, row) for row in document.get("balance", ())),
            tuple(_row("minimum", Minimum, row) for row in document.get("minimum", ())),
            _severities(document.get("severity", {})),
        )

    def severity(self, kind: ProblemKind) -> Severity:
        """Return how much a kind of problem weighs: an error keeps a plan from being published."""
        if kind in LAWS:
            return "error"
        return self.severities.get(kind, "warning" if kind in WARNINGS else "error")


def _row(table: str, kind: type[Row], row: Mapping[str, Any]) -> Row:
    try:
        found = kind(**row)
    except TypeError as error:
        raise BadInput(
            f"The city profile's {table} is not as it should: {error}.", key=table
        ) from None
    if row["measure"] not in get_args(Measure):
        raise BadInput(
            f"The city profile's {table} measures {', '.join(get_args(Measure))}.",
            key=f"{table}.measure",
            value=row["measure"],
        )
    return found


def _severities(given: Mapping[str, Any]) -> Mapping[str, Severity]:
    for kind, severity in given.items():
        if kind not in get_args(ProblemKind) or severity not in get_args(Severity):
            raise BadInput(
                f"The city profile's severity says error or warning of a kind of problem, not "
                f"{severity!r} of {kind!r}.",
                key=f"severity.{kind}",
                value=severity,
            )
    return dict(given)
