"""`gridgeo load --as-plan`: a redraw from a file becomes the one edit of a new draft."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
import shapely
from psycopg import Connection
from shapely.geometry import MultiPolygon, Polygon

from gridgeo.cli.load_report import LoadReport
from gridgeo.cli.loading import (
    Request,
    for_each,
    note_of,
    read_columns,
    read_layers,
    require_encoding,
)
from gridgeo.cli.plan_report import PlanChange
from gridgeo.cli.redraw_file import (
    Feature,
    Redrawn,
    compare,
    invalid_features,
    read_features,
)
from gridgeo.errors import BadInput
from gridgeo.files.ground import Zone, on_the_lattice
from gridgeo.files.model import Layer
from gridgeo.files.prepare import Step
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.errors import EditRefused
from gridgeo.geometry.mending import mend
from gridgeo.geometry.problem import Problem
from gridgeo.geometry.repair import repair
from gridgeo.geometry.settling import Limits
from gridgeo.geometry.union import union_on_lattice
from gridgeo.plans import store as plans
from gridgeo.plans.drawn import Drawn, settle
from gridgeo.plans.model import PlanMap
from gridgeo.plans.refusing import require_allowed
from gridgeo.units.model import Profile

ACTOR = "gridgeo load"
POLYGONAL = (Polygon, MultiPolygon)


def run_as_plan(
    request: Request, title: str | None, document_no: str | None, owner_dsn: str, step: Step
) -> LoadReport:
    """Open a draft with the redraw of a request's files; with a problem, nothing is written.

    Raises
    ------
    BadInput
        The request or a file as a whole cannot be used, or the file changes nothing.
    Unavailable
        There is no map yet.
    """
    _require_plain(request)
    report = LoadReport(request.dry_run)
    heading = (title or note_of(request, {}))[:200]
    with (
        psycopg.connect(owner_dsn, autocommit=True) as conn,
        conn.transaction(force_rollback=request.dry_run),
    ):
        plan = plans.create_plan(conn, heading, document_no, ACTOR)
        so_far = plans.map_of(conn, plan)
        redrawn = _redrawn(request, so_far, report, step)
        report.problems = list(redrawn.problems)
        report.notes = list(redrawn.notes)
        if not report.problems:
            step("drawing the plan")
            so_far = _add(conn, plan.plan_id, redrawn, so_far, report)
        if report.problems:
            raise psycopg.Rollback
        if not so_far.done:
            raise _nothing_to_plan(request)
        step("measuring what it changes")
        report.plan = PlanChange.of(
            so_far.done.units,
            Planar(so_far.profile.planar_srid),
            None if request.dry_run else plan.plan_id,
            heading,
            plan.base_version,
        )
    return report


def _require_plain(request: Request) -> None:
    """Raise `BadInput` for what does not go with a plan."""
    if not request.files:
        raise BadInput("Nothing to plan: name the file that was redrawn.", key="file")
    for key, value in (
        ("overlay", request.overlay), ("profile", request.profile), ("places", request.tables),
    ):  # fmt: skip
        if value:
            raise BadInput(f"--as-plan takes redrawn units only; leave out --{key}.", key=key)
    require_encoding(request.encoding)


def _redrawn(request: Request, so_far: PlanMap, report: LoadReport, step: Step) -> Redrawn:
    """Read the files and find what they change; a repair mends what is changed."""
    features, problems = _read(request, so_far.profile, step)
    limits = request.limits
    if limits is None:
        problems += invalid_features(features)
    if problems:
        return Redrawn(problems=problems)
    step("comparing with the map")
    if limits is None:
        return _told(compare(features, so_far), request, report)
    features = _mended(features)
    redrawn = compare(features, so_far, max(limits.max_gap_m, limits.max_overlap_m))
    if not redrawn.problems:
        step("repairing the borders")
        _repair(redrawn, so_far, limits, report)
    return _told(redrawn, request, report)


def _told(redrawn: Redrawn, request: Request, report: LoadReport) -> Redrawn:
    if not redrawn.problems and not redrawn.units and not redrawn.retired:
        raise _nothing_to_plan(request)
    report.where = {f.drawn.code: f.where for f in redrawn.units if f.drawn.code is not None}
    return redrawn


def _nothing_to_plan(request: Request) -> BadInput:
    names = note_of(request, {})
    return BadInput(f"{names} is as the map is: there is nothing to plan.", key="file")


def _read(request: Request, profile: Profile, step: Step) -> tuple[list[Feature], list[Problem]]:
    zone = Zone.of_planar(profile.planar_srid)
    columns = read_columns(request, profile)
    features: list[Feature] = []
    problems: list[Problem] = []
    levels = for_each(request.levels, request.files, "level")
    for layer, level in zip(read_layers(request, step), levels, strict=True):
        known = None if level is None else profile.level(level).level
        placed = _placed(layer, zone, request.crs)
        found, faults = read_features(placed, columns, profile, known)
        features += found
        problems += faults
    return features, problems


def _placed(layer: Layer, zone: Zone, crs: str | None) -> Layer:
    """Bring a layer to the lattice; what only its snapping lets cross itself is mended."""
    placed = on_the_lattice(layer, zone, crs)
    crossed = shapely.is_valid(layer.shapes) & ~shapely.is_valid(placed.shapes)
    rows = [row for row in crossed.nonzero()[0] if isinstance(placed.shapes[row], POLYGONAL)]
    shapes = placed.shapes.copy()
    shapes[rows] = mend(list(shapes[rows]), [layer.file for _ in rows]).shapes
    return replace(placed, shapes=shapes)


def _mended(features: Sequence[Feature]) -> list[Feature]:
    """Return the features with valid rings; one without any ground is left out."""
    shapes = mend([f.shape for f in features], [f.drawn.code or "" for f in features]).shapes
    return [f.with_shape(s) for f, s in zip(features, shapes, strict=True) if not s.is_empty]


def _repair(redrawn: Redrawn, so_far: PlanMap, limits: Limits, report: LoadReport) -> None:
    """Fit the changed leaves to the ground that they take, within limits."""
    leaves = [f for f in redrawn.units if f.drawn.shape is not None]
    codes = [f.drawn.code or f.where for f in leaves]
    old = so_far.family({*codes, *redrawn.retired})
    ground = [
        old[code].shape for code in {*codes, *redrawn.retired} if code in old and old[code].is_leaf
    ]
    repaired = repair(
        [f.shape for f in leaves], codes,
        max_gap_m=limits.max_gap_m, max_overlap_m=limits.max_overlap_m,
        outline=union_on_lattice(ground) if ground else None,
    )  # fmt: skip
    report.ledger = repaired.ledger
    redrawn.problems += [p for p in repaired.problems if p.kind != "not_contiguous"]
    shapes = dict(zip(codes, repaired.polygons, strict=True))
    redrawn.units = [
        f if f.drawn.shape is None else f.with_shape(shapes[f.drawn.code or f.where])
        for f in redrawn.units
    ]


def _add(
    conn: Connection[Any], plan_id: int, redrawn: Redrawn, so_far: PlanMap, report: LoadReport
) -> PlanMap:
    """Add the edit and return the map with it; what refuses it goes into the report."""
    units = [f.drawn for f in redrawn.units]
    params = {"units": [_params(unit) for unit in units], "retired": redrawn.retired}
    try:
        settled = settle(units, so_far)
        report.where = {unit.code: f.where for unit, f in zip(settled, redrawn.units, strict=True)}
        drawn = plans.draw(conn, plan_id, "replace", params, ACTOR)[1]
        require_allowed(conn, so_far, drawn)
        return drawn
    except EditRefused as error:
        own = Problem("invalid", error.codes, error.lon or 0.0, error.lat or 0.0, error.message)
        report.problems = list(error.problems) or [own]
        return so_far


def _params(unit: Drawn) -> dict[str, Any]:
    """Return a unit as the edit's form has it."""
    said = {
        "code": unit.code,
        "geometry": None if unit.shape is None else unit.shape.__geo_interface__,
        "level": unit.level,
        "name": unit.name,
        "parent_code": unit.parent_code,
        "households": unit.households,
        "legal_parent_code": unit.legal_parent_code,
        "synthetic": unit.synthetic,
    }
    return {key: value for key, value in said.items() if value is not None}
