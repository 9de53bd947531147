"""The demo city: made from a seed, published as version 1, furnished; all or nothing."""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
import shapely
from numpy.typing import NDArray
from psycopg import Connection

from gridgeo.app import FOLLOWERS
from gridgeo.cli import city_files
from gridgeo.cli.demo_rules import RuleInputs, demo_changes, post_shift
from gridgeo.devices.store import copy_devices
from gridgeo.geometry.delta import Delta
from gridgeo.parties import store as parties
from gridgeo.parties.changing import publish_changes
from gridgeo.parties.load import copy_posts
from gridgeo.places import store as places
from gridgeo.settings import Settings
from gridgeo.synth import STRESS, ZHENGZHOU, SynthCity, city, whole_city
from gridgeo.synth.table import Table
from gridgeo.units import store as units
from gridgeo.units.model import ExclusiveGrid, Profile, Unit
from gridgeo.units.pinyin import search_key
from gridgeo.units.publish import Record, publish

SEED = 1
SOURCE_CRS = "EPSG:4490"  # of the real outlines in which everything is drawn

Report = Callable[..., None]
DemoCity = Literal["small", "zhengzhou", "stress"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a synthetic city needs beside itself to be loaded."""

    profile: Profile
    categories: city_files.Rows
    channels: city_files.Rows
    device_families: Mapping[str, str]
    rules: RuleInputs

    @classmethod
    def read(cls, data_dir: Path) -> "Inputs":
        """Read them out of a data folder."""
        categories = city_files.read_categories(data_dir)
        return cls(
            profile=city_files.read_profile(data_dir),
            categories=categories,
            channels=city_files.read_channels(data_dir),
            device_families=city_files.read_device_families(data_dir),
            rules=RuleInputs(
                departments=city_files.read_department_names(data_dir),
                class_departments=city_files.read_class_departments(data_dir),
                parents={
                    row["code"]: row["parent_code"]
                    for row in categories
                    if row["scheme"] == city_files.SCHEME
                },
                mappings=city_files.read_mappings(data_dir),
                days=city_files.read_days(data_dir),
            ),
        )


def ensure_demo_city(
    owner_dsn: str, settings: Settings, report: Report, name: DemoCity = "small"
) -> bool:
    """Make and load a demo city unless a map is there already; say whether it was made."""
    with psycopg.connect(owner_dsn) as conn:
        if units.head_version(conn) is not None:
            return False
        inputs = Inputs.read(settings.data_dir)
        load_city(conn, make_city(name, settings.data_dir, inputs, report), inputs, report)
    return True


def make_city(name: DemoCity, data_dir: Path, inputs: Inputs, report: Report) -> SynthCity:
    """Make a demo city: one district, the whole city, or the whole city with more micro-grids."""

    def follow(step: str, share: float) -> None:
        report(f"making the demo city: {step}", share)

    if name == "small":
        outline, divisions = city_files.read_district(data_dir, inputs.profile)
        return city(SEED, outline, divisions, progress=follow)
    outlines, divisions = city_files.read_whole_city(data_dir, inputs.profile)
    sizes = STRESS if name == "stress" else ZHENGZHOU
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        return whole_city(SEED, outlines, divisions, sizes, follow, pool.map)


def load_city(conn: Connection[Any], made: SynthCity, inputs: Inputs, report: Report) -> None:
    """Publish a synthetic city as version 1 with all that stands in it, in one transaction.

    Raises
    ------
    Refused
        A law is broken; nothing is written.
    VersionConflict
        There is a map already.
    """
    new = {unit.code: unit for unit in city_units(made)}
    record = Record(
        actor="gridgeo synth", base=0, note=f"seed {made.seed}", synthetic=True,
        source_crs=dict.fromkeys(new, SOURCE_CRS),
    )  # fmt: skip
    with conn.transaction():
        report("checking and publishing the map", None)
        units.put_profile(conn, inputs.profile)
        version = publish(
            conn,
            Delta(old={}, new=new),
            FOLLOWERS,
            record,
            exclusive=Delta(
                {},
                {
                    grid.code: ExclusiveGrid(
                        grid.code, grid.name, grid.kind, grid.shape, grid.synthetic
                    )
                    for grid in made.exclusive_grids
                },
            ),
        )
        report("loading parties and rules", None)
        parties.put_categories(conn, inputs.categories)
        parties.put_channels(conn, inputs.channels)
        publish_changes(
            conn, demo_changes(made, inputs.rules), "gridgeo synth", f"seed {made.seed}"
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
            legal_parent_code=unit.legal_parent_code,
            synthetic=unit.synthetic,
        )
        for unit in made.units
    ]


def furnish(conn: Connection[Any], made: SynthCity, inputs: Inputs, version: int) -> None:
    """Write what stands in the city: places, buildings, lines, assets, devices, duty posts."""
    ids = units.unit_ids(conn, [unit.code for unit in made.units])
    places.copy_places(
        conn,
        (
            (name, search_key(name), address, kind, ewkb, True)
            for name, address, kind, ewkb in _rows(made.places, "name", "address", "kind", "point")
        ),
    )
    places.copy_buildings(
        conn,
        ((*row, True) for row in _rows(made.buildings, "footprint", "entrance", "households")),
    )
    places.copy_lines(conn, _lines(made))
    places.copy_assets(conn, _assets(made))
    copy_devices(
        conn,
        (
            (code, kind, inputs.device_families[kind], ewkb, ids[leaf], version, True)
            for code, kind, ewkb, leaf in _rows(made.devices, "code", "kind", "point", "leaf_code")
        ),
    )
    copy_posts(
        conn,
        (
            (code, kind, ids[unit], ewkb, True, *post_shift(kind, code))
            for code, kind, unit, ewkb in _rows(
                made.duty_posts, "code", "kind", "unit_code", "point"
            )
        ),
    )


def _lines(made: SynthCity) -> Iterator[tuple[object, ...]]:
    for row in _rows(made.roads, "road_class", "name", "line"):
        yield "road", *row, True
    for row in _rows(made.barriers, "kind", "name", "line"):
        yield "barrier", *row, True


def _assets(made: SynthCity) -> Iterator[tuple[object, ...]]:
    for row in _rows(made.assets, "kind", "name", "shape"):
        yield *row, True
    for row in _rows(made.ponding_points, "name", "point"):
        yield "ponding_point", *row, True


def _rows(table: Table[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of some columns of a table, geometries as hexadecimal EWKB of SRID 4326."""
    return zip(*(_written(table.column(name)) for name in columns), strict=True)


def _written(column: NDArray[Any]) -> list[Any]:
    values = column
    if column.dtype == object:
        values = shapely.to_wkb(shapely.set_srid(column, 4326), hex=True, include_srid=True)
    written: list[Any] = values.tolist()
    return written
