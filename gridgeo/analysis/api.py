"""How many and how dense, by unit or by hexagon; the counts add up."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from gridgeo.access.api import CallerDep
from gridgeo.analysis import store
from gridgeo.analysis.model import Density, hide_small
from gridgeo.db.requests import Reading
from gridgeo.errors import BadInput
from gridgeo.units.store import parse_instant, read_profile, resolve_version

router = APIRouter(tags=["analysis"])

Instant = Annotated[str | None, Query(max_length=40)]


class DensityRow(BaseModel):
    """A count in a unit of the cover (`code`, `name`) or in an H3 cell (`cell`)."""

    code: str | None = None
    name: str | None = None
    cell: str | None = None
    count: int
    per_km2: float


class DensityAnswer(BaseModel):
    """Counts; the rows, `outside` and `hidden` together are `total`.

    `hidden` holds the points of rows too small to be shown to this caller.
    """

    by: Literal["unit", "h3"]
    of: Literal["events", "devices"]
    version: int
    restated: bool
    total: int
    outside: int
    hidden: int
    hidden_rows: int
    rows: list[DensityRow]


@router.get("/density")
def density(
    conn: Reading,
    caller: CallerDep,
    by: Literal["unit", "h3"] = "unit",
    of: Literal["events", "devices"] = "events",
    level: Annotated[str, Query(max_length=40)] = "community",
    res: Annotated[int, Query(ge=0, le=12, description="H3 resolution.")] = 9,
    since: Instant = None,
    until: Instant = None,
) -> DensityAnswer:
    """Count events or devices over the cover at a level, or over hexagons, on the live map."""
    if of == "devices" and (since is not None or until is not None):
        key, value = ("since", since) if since is not None else ("until", until)
        raise BadInput(
            "Devices are counted as they stand now; leave out since and until.",
            key=key,
            value=value,
        )
    version = resolve_version(conn).version
    begin = None if since is None else parse_instant(since, "since")
    end = None if until is None else parse_instant(until, "until")
    if by == "unit":
        profile = read_profile(conn)
        counted = store.density_by_unit(conn, of, version, profile, level, begin, end)
    else:
        counted = store.density_by_cell(conn, of, res, begin, end)
    shown = counted if caller.may("see_small_counts") else hide_small(counted)
    return _answer(shown, by, of, version)


def _answer(
    shown: Density, by: Literal["unit", "h3"], of: Literal["events", "devices"], version: int
) -> DensityAnswer:
    rows = [
        DensityRow(
            code=row.code if by == "unit" else None,
            name=row.name,
            cell=row.code if by == "h3" else None,
            count=row.count,
            per_km2=round(row.per_km2, 6),
        )
        for row in shown.rows
    ]
    return DensityAnswer(
        by=by,
        of=of,
        version=version,
        restated=True,
        total=shown.total,
        outside=shown.outside,
        hidden=shown.hidden,
        hidden_rows=shown.hidden_rows,
        rows=rows,
    )
