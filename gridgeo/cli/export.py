"""`gridgeo export`: the map as a file for QGIS, a department's system, an analyst."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg import Connection, IsolationLevel
from rich.console import Console

from gridgeo.cli.export_overlays import overlay_rows
from gridgeo.cli.local import Local
from gridgeo.cli.progress import Steps
from gridgeo.errors import BadInput, NotFound
from gridgeo.files.overlay_table import write_overlays
from gridgeo.files.target import Target
from gridgeo.files.unit_table import Row, write_units
from gridgeo.files.write import BATCH
from gridgeo.geometry.crs import Planar
from gridgeo.plans import store as plans
from gridgeo.settings import load_settings
from gridgeo.units import store
from gridgeo.units.model import Profile, Unit

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Units = Mapping[str, Unit]


@app.command()
def export(
    out: Annotated[
        Path, typer.Argument(help="File: .gpkg, .shp, .shp.zip, .fgb, .parquet or .geojson.")
    ],
    level: Annotated[str | None, typer.Option(help="Units of one level.")] = None,
    all_levels: Annotated[
        bool, typer.Option("--all-levels", help="Units of every level, the city first.")
    ] = False,
    cover: Annotated[
        str | None, typer.Option(help="A level and the leaves above it [the finest level].")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Only the unit of this code and what lies in it.")
    ] = None,
    at: Annotated[str | None, typer.Option(help="A past version or instant.")] = None,
    plan: Annotated[int | None, typer.Option(help="The map as this plan would make it.")] = None,
    exclusive: Annotated[
        bool, typer.Option("--exclusive", help="Exclusive grids with their parties, not units.")
    ] = False,
    kind: Annotated[str | None, typer.Option(help="Exclusive grids of one kind.")] = None,
    crs: Annotated[
        str, typer.Option(help="EPSG:4326, EPSG:4490, EPSG:4547 ..., gcj02 or bd09.")
    ] = "EPSG:4326",
    precision: Annotated[
        int | None, typer.Option(min=0, max=15, help="Decimals in GeoJSON [exact].")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
) -> None:
    """Write the live map, a past one or a plan to a file; the file appears whole or not at all.

    Example: `gridgeo export grids.gpkg --cover grid --crs EPSG:4490`
    """
    _require_one_choice(level, all_levels, cover)
    if at is not None and plan is not None:
        raise BadInput("Give --at or --plan: a plan stands on its own base version.", key="plan")
    exclusive = exclusive or kind is not None
    if exclusive and (level or all_levels or cover or unit or plan is not None):
        raise BadInput("--exclusive goes with --kind and --at, not with units or plans.", key="out")
    target = Target(out, plain_crs(crs), precision=precision, overwrite=overwrite)
    target.check()
    settings = load_settings()
    with Steps() as report, psycopg.connect(Local.need(settings.local_file).dsn.reader) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        report("reading the map")
        if exclusive:
            version = store.resolve_version(conn, at).version
            overlays = overlay_rows(conn, at, kind)
            report(f"writing {len(overlays)} exclusive grids")
            write_overlays(stamped(target, version, None), overlays)
            what = f"{len(overlays)} exclusive grids"
        else:
            profile = store.read_profile(conn)
            units, version = _map(conn, at, plan)
            chosen = _chosen(units, profile, level, all_levels, cover, unit)
            report(f"writing {len(chosen)} units")
            rows = as_rows(units, chosen, profile)
            what = f"{write_units(stamped(target, version, plan), rows, top_column(profile))} units"
    _tell(target, what, version, plan)


def _require_one_choice(level: str | None, all_levels: bool, cover: str | None) -> None:
    if (level is not None) + all_levels + (cover is not None) > 1:
        raise BadInput("Give one of --level, --all-levels and --cover.", key="level")


def plain_crs(name: str) -> str:
    """Return the name of a coordinate system as the rest of the code writes it."""
    plain = name.strip().lower()
    return plain.upper() if plain.startswith("epsg:") else plain.replace("-", "")


def _map(conn: Connection, at: str | None, plan_id: int | None) -> tuple[dict[str, Unit], int]:
    """Return the units to choose from, and the version that they are of or stand on."""
    if plan_id is None:
        version = store.resolve_version(conn, at).version
        return store.all_units(conn, version), version
    plan = plans.get_plan(conn, plan_id)
    units = store.all_units(conn, plan.base_version)
    return plans.delta_of(conn, plan).apply(units), plan.base_version


def _chosen(
    units: Units, profile: Profile, level: str | None, all_levels: bool, cover: str | None,
    within: str | None,
) -> list[Unit]:  # fmt: skip
    """Return the units asked for, from the root down, each level in code order."""
    depth = {row.level: row.depth for row in profile.levels}
    finest = profile.level_names[-1] if level is None else level
    deepest = profile.level(cover or finest).depth

    def is_asked(unit: Unit) -> bool:
        if all_levels:
            return True
        if level is not None:
            return unit.level == level
        return depth[unit.level] == deepest or (unit.is_leaf and depth[unit.level] < deepest)

    if within is not None and within not in units:
        raise NotFound(f"No unit carries the code {within!r}.", key="unit", value=within)
    found = (unit for unit in units.values() if is_asked(unit))
    if within is not None:
        found = (unit for unit in found if within in _chain(unit, units))
    return sorted(found, key=lambda unit: (depth[unit.level], unit.code.encode()))


def _chain(unit: Unit, units: Units) -> list[str]:
    """Return the codes from a unit up to the root."""
    codes = [unit.code]
    while (parent := units[codes[-1]].parent_code) is not None:
        codes.append(parent)
    return codes


def as_rows(units: Units, chosen: Sequence[Unit], profile: Profile) -> Iterator[Row]:
    """Yield units as rows of a file; `units` holds them and all above them."""
    planar = Planar(profile.planar_srid)
    top = set(profile.level_names[1:2])
    for batch in _batches(chosen):
        areas = planar.areas_m2([unit.shape for unit in batch])
        for unit, area_m2 in zip(batch, areas.tolist(), strict=True):
            above = (code for code in _chain(unit, units) if units[code].level in top)
            yield Row(unit, area_m2, next(above, None))


def _batches(units: Iterable[Unit]) -> Iterator[list[Unit]]:
    several = iter(units)
    while batch := list(islice(several, BATCH)):
        yield batch


def top_column(profile: Profile) -> str:
    """Return the name of the column that tells the unit right below the city."""
    return f"{[*profile.level_names[1:2], 'top'][0]}_code"


def stamped(target: Target, version: int, plan: int | None) -> Target:
    """Return a target that says of which version, and of which plan, the file is."""
    return replace(
        target, stamp={"map_version": version, **({} if plan is None else {"plan": plan})}
    )


def _tell(target: Target, what: str, version: int, plan: int | None) -> None:
    of = f"map version {version}" if plan is None else f"plan {plan} on map version {version}"
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"{target.file}: {what} of {of}, {target.datum or target.crs}")
    if target.datum:
        console.print(
            f"[yellow]{target.datum} has no number in any registry: the file carries no CRS; "
            "its column `datum` and its description say what it is.[/]"
        )
    if target.datum and target.suffix == ".geojson":
        console.print("[yellow]Most programs take such GeoJSON for WGS84, some 500 m off.[/]")
