"""The demo city: made from a seed, published as version 1, furnished; all or nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import shapely
from psycopg import Connection

from gridgeo.app import FOLLOWERS
from gridgeo.cli import city_files
from gridgeo.cli.demo_rules import demo_parties, demo_rules
from gridgeo.devices.store import copy_devices
from gridgeo.geometry.delta import Delta
from gridgeo.parties import store as parties
from gridgeo.places import store as places
from gridgeo.settings import Settings
from gridgeo.synth import SynthCity, city
from gridgeo.units import store as units
from gridgeo.units.model import ExclusiveGrid, Profile, Unit
from gridgeo.units.pinyin import search_key
from gridgeo.units.publish import Record, publish

SEED = 1

Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a synthetic city needs beside itself to be loaded."""

    profile: Profile
    categories: city_files.Rows
    channels: city_files.Rows
    device_families: Mapping[str, str]
    departments: Mapping[str, str]

    @classmethod
    def read(cls, data_dir: Path) -> "Inputs":
        """Read them out of a data folder."""
        return cls(
            profile=city_files.read_profile(data_dir),
            categories=city_files.read_categories(data_dir),
            channels=city_files.read_channels(data_dir),
            device_families=city_files.read_device_families(data_dir),
            departments=city_files.read_department_names(data_dir),
        )


def ensure_demo_city(owner_dsn: str, settings: Settings, report: Report) -> bool:
    """Make and load the small city unless a map is there already; say whether it was made."""
    with psycopg.connect(owner_dsn) as conn:
        if units.head_version(conn) is not None:
            return False
        inputs = Inputs.read(settings.data_dir)
        outline, divisions = city_files.read_district(settings.data_dir, inputs.profile)
        made = city(
            SEED,
            outline,
            divisions,
            progress=lambda step, share: report(f"making the demo city: {step}", share),
        )
        load_city(conn, made, inputs, report)
    return True


def load_city(conn: Connection[Any], made: SynthCity, inputs: Inputs, report: Report) -> None:
    """Publish a synthetic city as version 1 with all that stands in it, in one transaction.

    Raises
    ------
    Refused
        A law is broken; nothing is written.
    VersionConflict
        There is a map already.
    """
    with conn.transaction():
        report("checking and publishing the map", None)
        units.put_profile(conn, inputs.profile)
        version = publish(
            conn,
            Delta(old={}, new={unit.code: unit for unit in city_units(made)}),
            FOLLOWERS,
            Record(actor="gridgeo synth", base=0, note=f"seed {made.seed}", synthetic=True),
            exclusive=[
                ExclusiveGrid(grid.code, grid.name, "key_area", grid.shape, grid.synthetic)
                for grid in made.exclusive_grids
            ],
        )
        report("loading parties and rules", None)
        parties.put_categories(conn, inputs.categories)
        parties.put_channels(conn, inputs.channels)
        parties.publish_rules(
            conn,
            demo_parties(made, inputs.departments),
            demo_rules(made),
            "gridgeo synth",
            f"seed {made.seed}",
        )
        report("loading places, buildings and devices", None)
        furnish(conn, made, inputs, version.version)
    report("gathering statistics", None)
    conn.execute("ANALYZE")


def city_units(made: SynthCity) -> list[Unit]:
    """Return the units of a synthetic city as the map holds them."""
    parents = {unit.parent_code for unit in made.units}
    return [
        Unit(
            code=unit.code,
            level=unit.level,
            name=unit.name,
            parent_code=unit.parent_code,
            shape=unit.shape,
            is_leaf=unit.code not in parents,
            households=unit.households,
            synthetic=unit.synthetic,
        )
        for unit in made.units
    ]


def furnish(conn: Connection[Any], made: SynthCity, inputs: Inputs, version: int) -> None:
    """Write what stands in the city: places, buildings, lines, assets, devices, duty posts."""
    ids = units.unit_ids(conn, [unit.code for unit in made.units])
    places.copy_places(
        conn,
        ((p.name, search_key(p.name), p.address, p.kind, _ewkb(p.point), p.synthetic)
         for p in made.places),
    )  # fmt: skip
    places.copy_buildings(
        conn,
        ((_ewkb(b.footprint), _ewkb(b.entrance), b.households, b.synthetic)
         for b in made.buildings),
    )  # fmt: skip
    places.copy_lines(conn, _lines(made))
    places.copy_assets(conn, _assets(made))
    copy_devices(
        conn,
        ((d.code, d.kind, inputs.device_families[d.kind], _ewkb(d.point), ids[d.leaf_code],
          version, d.synthetic) for d in made.devices),
    )  # fmt: skip
    parties.copy_duty_posts(
        conn,
        ((p.code, p.kind, ids[p.unit_code], _ewkb(p.point), p.synthetic) for p in made.duty_posts),
    )


def _lines(made: SynthCity) -> Iterable[tuple[object, ...]]:
    for road in made.roads:
        yield "road", road.road_class, road.name, _ewkb(road.line), road.synthetic
    for barrier in made.barriers:
        yield "barrier", barrier.kind, barrier.name, _ewkb(barrier.line), barrier.synthetic


def _assets(made: SynthCity) -> Iterable[tuple[object, ...]]:
    for asset in made.assets:
        yield asset.kind, asset.name, _ewkb(asset.shape), asset.synthetic
    for point in made.ponding_points:
        yield "ponding_point", point.name, _ewkb(point.point), point.synthetic


def _ewkb(geometry: shapely.Geometry) -> str:
    with_srid = shapely.set_srid(geometry, 4326)
    return str(shapely.to_wkb(with_srid, hex=True, include_srid=True))
