"""The development zones: who administers a township, and whose ground it is by law.

A zone's townships stand on the ground of official districts. The list gives three zones codes of
their own and leaves out 郑东新区, whose streets carry the codes of the districts beneath; its code
here is a local one. Which township stands on which district's ground is partly a guess; so are
the townships of 郑东新区. 岗李乡 and 大马乡 came from outside the outlines and get ground in 中牟.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gridgeo.synth.model import Division

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ZHENGDONG = "410192"
ZHENGDONG_NAME = "郑东新区"
ZHENGDONG_TOWNSHIPS = (
    "410104570", "410105560", "410105561", "410105562", "410105563", "410105564",
    "410122105", "410122570", "410122571",
)  # fmt: skip

_GROUND_OF = {
    "410171111": "410122", "410171560": "410104", "410171561": "410104", "410171562": "410104",
    "410171563": "410122", "410171565": "410122",
    "410172160": "410102", "410172360": "410102", "410172560": "410102", "410172561": "410102",
    "410172562": "410102",
    "410173108": "410122", "410173113": "410122", "410173116": "410122", "410173202": "410184",
    "410173203": "410184", "410173204": "410122", "410173205": "410122", "410173400": "410184",
    "410173401": "410184", "410173404": "410184", "410173405": "410184", "410173580": "410122",
    "410173581": "410122", "410173582": "410122", "410173583": "410184",
}  # fmt: skip

ZONE_SIDE = {
    "410102": (-0.6, 0.8),
    "410104": (1.0, 0.0),
    "410105": (1.0, 0.0),
    "410122": (-1.0, 0.0),
    "410184": (1.0, 0.0),
}
"""On which side of an official district the zones lie: a direction, east then north."""


def with_zones(divisions: Iterable[Division], outlines: Collection[str]) -> list[Division]:
    """Give townships the zone that administers them, on the ground of the given outlines.

    Districts come in code order, with 郑东新区 among them where it has townships. Townships on
    other ground are left out with their communities, and so are districts that keep no township.
    """
    rows = list(divisions)
    townships = [
        row
        for row in (_administered(row) for row in rows if row.level == "township")
        if ground_of(row) in outlines
    ]
    seats = {row.parent_code for row in townships}
    kept = {row.code for row in townships}
    districts = [row for row in rows if row.level == "district" and row.code in seats]
    if ZHENGDONG in seats:
        parent = districts[0].parent_code
        districts.append(Division(ZHENGDONG, ZHENGDONG_NAME, "district", parent, synthetic=True))
    return [
        *(row for row in rows if row.level == "city"),
        *sorted(districts, key=lambda row: row.code),
        *sorted(townships, key=lambda row: row.code),
        *(row for row in rows if row.level == "community" and row.parent_code in kept),
    ]


def _administered(row: Division) -> Division:
    if row.code in ZHENGDONG_TOWNSHIPS:
        return replace(row, parent_code=ZHENGDONG, legal_parent_code=row.code[:6])
    return replace(row, legal_parent_code=_GROUND_OF.get(row.code))


def ground_of(township: Division) -> str:
    """Code of the official district on whose ground a township stands."""
    return township.legal_parent_code or str(township.parent_code)
