"""Publishing the first map that `gridgeo load` read; overlays are in `load_overlays.py`."""

from pathlib import Path
from typing import Any

from psycopg import Connection

from gridgeo.app import FOLLOWERS
from gridgeo.cli import city_files
from gridgeo.files.build import Built
from gridgeo.files.prepare import Prepared
from gridgeo.geometry.delta import Delta
from gridgeo.parties import changing
from gridgeo.parties import store as parties
from gridgeo.parties.written import NewParty, NewRule
from gridgeo.units import store as units
from gridgeo.units.model import Profile
from gridgeo.units.publish import Record, publish

ACTOR = "gridgeo load"


def publish_city(
    conn: Connection[Any], prepared: Prepared, profile: Profile, data_dir: Path, note: str
) -> int:
    """Make the first map version of built units, with a rule set if there is none; its number."""
    units.put_profile(conn, profile)
    built = prepared.built
    synthetic = any(unit.synthetic for unit in built.units.values())
    record = Record(ACTOR, base=0, note=note, synthetic=synthetic, source_crs=prepared.source_crs)
    version = publish(conn, Delta(old={}, new=dict(built.units)), FOLLOWERS, record)
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
    changing.publish_rules(conn, [office], [rule], ACTOR, "one office for the whole city")
