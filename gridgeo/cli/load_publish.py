"""Publishing what `gridgeo load` read: the first map, and overlays as the next version."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection

from gridgeo.app import FOLLOWERS
from gridgeo.cli import city_files
from gridgeo.cli.load_report import LoadReport
from gridgeo.files.build import Built
from gridgeo.geometry.delta import Delta
from gridgeo.geometry.problem import Problem
from gridgeo.parties import store as parties
from gridgeo.parties.model import NewParty, NewRule
from gridgeo.units import store as units
from gridgeo.units.model import ExclusiveGrid, Profile
from gridgeo.units.publish import Record, publish

ACTOR = "gridgeo load"


def publish_city(
    conn: Connection[Any], built: Built, profile: Profile, data_dir: Path, note: str
) -> int:
    """Make the first map version of built units, with a rule set if there is none; its number."""
    units.put_profile(conn, profile)
    synthetic = any(unit.synthetic for unit in built.units.values())
    version = publish(
        conn,
        Delta(old={}, new=dict(built.units)),
        FOLLOWERS,
        Record(actor=ACTOR, base=0, note=note, synthetic=synthetic),
    )
    if not parties.has_rules(conn):
        _first_rules(conn, built, data_dir)
    return version.version


def _first_rules(conn: Connection[Any], built: Built, data_dir: Path) -> None:
    """Let one office answer for the whole city, so that nobody is ever the answer."""
    parties.put_categories(conn, city_files.read_categories(data_dir))
    parties.put_channels(conn, city_files.read_channels(data_dir))
    root = next(unit for unit in built.units.values() if unit.parent_code is None)
    office = NewParty(f"U{root.code}", root.name, "operations_centre", synthetic=root.synthetic)
    rule = NewRule(office.code, unit_code=root.code)
    parties.publish_rules(conn, [office], [rule], ACTOR, "one office for the whole city")


def publish_overlays(
    conn: Connection[Any], grids: Sequence[ExclusiveGrid], note: str, report: LoadReport
) -> int | None:
    """Publish exclusive grids as the next version; they must be new and touch the city."""
    units.lock_map_exclusive(conn)
    head = units.resolve_version(conn)
    taken = units.exclusive_ids(conn, [grid.code for grid in grids])
    root = units.root_unit(conn, head.version)
    for grid in grids:
        at = grid.shape.representative_point()
        if grid.code in taken:
            message = f"an exclusive grid carries the code {grid.code!r} already"
        elif not grid.shape.intersects(root.shape):
            message = "it lies outside the city"
        else:
            continue
        report.problems.append(Problem("invalid", (grid.code,), at.x, at.y, message))
    if report.problems:
        return None
    record = Record(actor=ACTOR, base=head.version, note=note)
    version = publish(conn, Delta(), FOLLOWERS, record, exclusive=grids).version
    _overlay_rules(conn, grids)
    report.notes.append("each exclusive grid has a party of its own name, as a co-handler")
    return version


def _overlay_rules(conn: Connection[Any], grids: Sequence[ExclusiveGrid]) -> None:
    """Give each exclusive grid a party; it leads in nothing until a rule says so."""
    offices = [NewParty(f"E{grid.code}", grid.name, "exclusive_grid_party") for grid in grids]
    rules = [
        NewRule(office.code, exclusive_code=grid.code, role="co_handler")
        for office, grid in zip(offices, grids, strict=True)
    ]
    parties.publish_rules(conn, offices, rules, ACTOR, "parties of overlays", keep=True)
