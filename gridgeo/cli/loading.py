"""The steps of `gridgeo load`: read, prepare, then write everything in one transaction or nothing.

Without `files` only tables are written; with `overlay` the files are exclusive grids on the live
map; otherwise they are the first map.
"""

import codecs
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from gridgeo.cli import city_files
from gridgeo.cli.load_overlays import publish_overlays
from gridgeo.cli.load_publish import publish_city
from gridgeo.cli.load_report import LoadReport
from gridgeo.cli.load_tables import Writer, count_rows
from gridgeo.errors import BadInput, StateConflict
from gridgeo.files.build import Built, Parents
from gridgeo.files.columns import Columns
from gridgeo.files.ground import Zone
from gridgeo.files.model import Layer
from gridgeo.files.overlays import Overlay
from gridgeo.files.prepare import Choices, Prepared, Step, prepare_city, prepare_overlays
from gridgeo.files.read import read_layer
from gridgeo.files.tables import Table, TableKind, read_table
from gridgeo.geometry.crs import Planar
from gridgeo.geometry.settling import Limits
from gridgeo.units import store as units
from gridgeo.units.model import MapVersion, Profile, Unit


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a load; `levels` and `layers` hold one for all files, or one for each."""

    files: Sequence[Path] = ()
    tables: Sequence[tuple[TableKind, Path]] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    mapping: Path | None = None
    profile: Path | None = None
    levels: Sequence[str] = ()
    layers: Sequence[str] = ()
    crs: str | None = None
    encoding: str | None = None
    overlay: str | None = None
    parents: Parents = "given"
    limits: Limits | None = None
    dry_run: bool = False


def run(request: Request, owner_dsn: str, data_dir: Path, step: Step) -> LoadReport:
    """Do a whole load and say what came of it; with a problem, nothing is written.

    Raises
    ------
    BadInput
        The request or a file as a whole cannot be used.
    StateConflict
        There is a map already, or none yet where one is needed.
    """
    if not request.files and not request.tables:
        raise BadInput("Nothing to load: name a file, or a table such as --places FILE.csv.")
    require_encoding(request.encoding)
    report = LoadReport(request.dry_run)
    with psycopg.connect(owner_dsn, autocommit=True) as conn:
        head = units.head_version(conn)
        _require_state(request, head)
        profile = _profile(request, head, conn, data_dir)
        prepared, grids = _prepared(request, profile, report, step)
        tables = _tables(request, profile, report, step)
        if report.problems:
            return report
        with conn.transaction(force_rollback=request.dry_run):
            if prepared is not None:
                step("publishing the map")
                report.version = publish_city(
                    conn, prepared, profile, data_dir, note_of(request, prepared.crs)
                )
            if grids:
                step("publishing the overlays")
                report.version = publish_overlays(conn, grids, note_of(request, {}), report)
            writer = Writer(conn)
            for table in tables:
                step(f"writing {table.kind.name}")
                report.problems += writer.write(table)
            report.notes += writer.notes
            if report.problems:
                raise psycopg.Rollback
        if not request.dry_run and not report.problems:
            step("gathering statistics")
            conn.execute("ANALYZE")
    if report.problems or request.dry_run:
        report.version = None
    return report


def require_encoding(encoding: str | None) -> None:
    """Raise `BadInput` when nobody knows the encoding."""
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise BadInput(
            f"Nobody knows the encoding {encoding!r}.", key="encoding", value=encoding
        ) from error


def _require_state(request: Request, head: MapVersion | None) -> None:
    first_map = bool(request.files) and request.overlay is None
    if first_map and head is not None:
        raise StateConflict(
            f"There is a map already (version {head.version}), and `gridgeo load` makes only the "
            "first one. A redraw of borders comes in with --as-plan, exclusive grids come in with "
            "--overlay KIND.",
            key="version",
            value=head.version,
        )
    if head is None and not first_map:
        raise StateConflict("There is no map yet to put this on; load the grids first.")


def _profile(
    request: Request, head: MapVersion | None, conn: Connection[Any], data_dir: Path
) -> Profile:
    if head is not None:
        if request.profile is not None:
            raise BadInput("The city has its profile already; leave out --profile.", key="profile")
        return units.read_profile(conn)
    if request.profile is None:
        return city_files.read_profile(data_dir)
    return read_profile(request.profile)


def read_profile(path: Path) -> Profile:
    """Read a city profile; raises `BadInput` naming what it lacks or what is no pattern."""
    document = read_toml(path)
    try:
        profile = Profile.from_document(document)
        for level in profile.levels:
            re.compile(level.code_pattern)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise BadInput(f"{path.name} is no city profile: {error}", key="profile") from error
    if not profile.levels:
        raise BadInput(f"{path.name} is no city profile: it has no levels", key="profile")
    return profile


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises `BadInput` when it is missing or broken."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as TOML: {error}", key="file", value=path) from error


# --- reading and checking ----------------------------------------------------------------------


def _prepared(
    request: Request, profile: Profile, report: LoadReport, step: Step
) -> tuple[Prepared | None, list[Overlay]]:
    """Read and check the boundary files; what they hold and what is wrong goes into the report."""
    if not request.files:
        return None, []
    layers = read_layers(request, step)
    choices = Choices(
        read_columns(request, profile), for_each(request.levels, request.files, "level"),
        request.crs, request.parents, request.limits,
    )  # fmt: skip
    if request.overlay is not None:
        grids, report.problems = prepare_overlays(layers, request.overlay, choices, profile)
        report.rows = {f"exclusive grids ({request.overlay})": len(grids)}
        return None, grids
    prepared = prepare_city(layers, choices, profile, step)
    report.problems = list(prepared.problems)
    report.where, report.ledger = prepared.where, prepared.ledger
    report.levels = _levels(prepared.built.units, profile)
    report.notes = _notes(prepared.built)
    return prepared, []


def read_layers(request: Request, step: Step) -> list[Layer]:
    """Read the boundary files of a request."""
    layers = []
    names = for_each(request.layers, request.files, "layer")
    for path, name in zip(request.files, names, strict=True):
        step(f"reading {path.name}")
        layers.append(read_layer(path, name, request.encoding))
    return layers


def for_each(values: Sequence[str], files: Sequence[Path], option: str) -> list[str | None]:
    """Return one value for each file: none, the same, or each its own."""
    if len(values) < 2:
        return [values[0] if values else None] * len(files)
    if len(values) != len(files):
        raise BadInput(
            f"--{option} was given {len(values)} times for {len(files)} files; give it once, or "
            "once for each file in their order.",
            key=option,
        )
    return list(values)


def read_columns(request: Request, profile: Profile) -> Columns:
    """Return which column means what: by the mapping file, then by the options."""
    document = {} if request.mapping is None else read_toml(request.mapping)
    columns = Columns.from_document(document, profile)
    return Columns({**columns.named, **request.named}, columns.above)


def _levels(found: Mapping[str, Unit], profile: Profile) -> dict[str, tuple[int, float]]:
    """Return units and square kilometres by level, from the root down."""
    planar = Planar(profile.planar_srid)
    counts: Counter[str] = Counter()
    areas: Counter[str] = Counter()
    every = list(found.values())
    for unit, area_m2 in zip(every, planar.areas_m2([u.shape for u in every]), strict=True):
        counts[unit.level] += 1
        areas[unit.level] += area_m2 / 1e6
    return {name: (counts[name], areas[name]) for name in profile.level_names if name in counts}


def _notes(built: Built) -> list[str]:
    notes = []
    if built.nodes:
        moved_m = max(node.moved_m for node in built.nodes)
        notes.append(
            f"noding added {len(built.nodes)} vertices, moving borders by {moved_m:.4f} m at most"
        )
    if built.differences:
        area_m2 = sum(problem.area_m2 or 0.0 for problem in built.differences)
        notes.append(
            f"parents drawn anew from their children in {len(built.differences)} places, "
            f"{area_m2:.3f} m2"
        )
    torn = sum(u.is_leaf and u.shape.geom_type == "MultiPolygon" for u in built.units.values())
    if torn:
        notes.append(f"{torn} leaves have several parts")
    return notes


def _tables(request: Request, profile: Profile, report: LoadReport, step: Step) -> list[Table]:
    zone = Zone.of_planar(profile.planar_srid)
    tables = []
    for kind, path in request.tables:
        step(f"reading {path.name}")
        tables.append(read_table(path, kind, zone, request.crs, request.encoding))
    report.rows |= count_rows(tables)
    report.problems += [problem for table in tables for problem in table.problems]
    return tables


def note_of(request: Request, systems: Mapping[str, str]) -> str:
    """Return file names, with the coordinate system of each where it is known."""
    return ", ".join(
        f"{path.name} ({systems[path.name]})" if path.name in systems else path.name
        for path in request.files
    )
