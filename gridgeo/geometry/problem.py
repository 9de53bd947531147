"""A defect of the map as a plain value: what is wrong, whose, where, and how large."""

from dataclasses import dataclass
from typing import Literal

ProblemKind = Literal[
    "gap",
    "overlap",
    "unmatched_edge",
    "outside_parent",
    "not_contiguous",
    "invalid",
    "out_of_balance",
    "cuts_building",
    "below_minimum",
]


@dataclass(frozen=True)
class Problem:
    """One located and measured defect.

    Parameters
    ----------
    kind
        What is wrong, in the words of the design.
    codes
        The units concerned, in byte order, without repeats.
    lon, lat
        A point in degrees within a metre of the defect.
    message
        One sentence for a person.
    size_m
        Length of the defect in metres, for a defect along a line.
    area_m2
        Area of the defect in square metres, for a defect with an area.
    """

    kind: ProblemKind
    codes: tuple[str, ...]
    lon: float
    lat: float
    message: str
    size_m: float | None = None
    area_m2: float | None = None
