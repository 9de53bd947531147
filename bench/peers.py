"""Other engines that find the polygons that cover points, each by its best plan.

Each is given polygons and points in its own form first, its index or table built: none of that is
measured. What is measured answers the pairs of point and covering polygon, by position; of a point
on a border one pair or several. Engines that use all cores are told how many there are.
"""

import importlib
import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import psycopg
import pyarrow
import shapely
from numpy.typing import NDArray

CORES = 2

Points = NDArray[np.float64]
Shapes = NDArray[np.object_]
Pairs = tuple[NDArray[Any], NDArray[Any]]
Join = Callable[[], Pairs]
Engine = Callable[[Points, Points], Join]

DUCKDB = "SELECT points.id, shapes.id FROM points JOIN shapes ON ST_Intersects(shapes.g, points.g)"
SEDONADB = DUCKDB.replace("points.id, shapes.id", "points.id AS point, shapes.id AS shape")

POSTGIS = """
COPY (
    SELECT p.id, s.id
    FROM bench_shape s
    CROSS JOIN LATERAL (SELECT id FROM bench_point WHERE ST_Covers(s.geom, geom)) p
) TO STDOUT (FORMAT binary)
"""
POSTGIS_PLAN = (
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET parallel_setup_cost = 0",
    "SET parallel_tuple_cost = 0",
    "SET min_parallel_table_scan_size = 0",
    f"SET max_parallel_workers_per_gather = {CORES}",
)
_COPY_HEAD, _COPY_TAIL = 19, 2  # bytes around the rows of COPY's binary form
_COPY_ROW = np.dtype(
    [("fields", ">i2"), ("size", ">i4"), ("point", ">i4"), ("more", ">i4"), ("shape", ">i4")]
)


class Unavailable(Exception):
    """An engine is not installed here."""


@dataclass(frozen=True)
class Peer:
    """An engine, how it is prepared with the polygons, and one in how many points it is given."""

    name: str
    prepare: Callable[[Shapes], Engine]
    share: int


def strtree(shapes: Shapes) -> Engine:
    tree = shapely.STRtree(shapes)

    def engine(lon: Points, lat: Points) -> Join:
        points = shapely.points(lon, lat)
        return lambda: tuple(tree.query(points, predicate="intersects"))

    return engine


def sjoin(shapes: Shapes) -> Engine:
    frame = geopandas.GeoDataFrame(geometry=shapes, crs=4326)

    def engine(lon: Points, lat: Points) -> Join:
        points = geopandas.GeoDataFrame(geometry=shapely.points(lon, lat), crs=4326)

        def join() -> Pairs:
            joined = points.sjoin(frame, predicate="intersects")
            return joined.index.to_numpy(), joined["index_right"].to_numpy()

        return join

    return engine


def duckdb(shapes: Shapes) -> Engine:
    """DuckDB with its spatial extension, which is a package of its own."""
    module = _module("duckdb")
    folder = importlib.resources.files(_module("duckdb_extension_spatial"))
    extension = folder / "extensions" / f"v{module.__version__}" / "spatial.duckdb_extension"
    conn = module.connect(config={"threads": CORES})
    conn.execute(f"LOAD '{extension}'")
    rows = pyarrow.table({"id": np.arange(len(shapes)), "wkb": shapely.to_wkb(shapes)})
    conn.register("rows", rows)
    conn.execute("CREATE TABLE shapes AS SELECT id, ST_GeomFromWKB(wkb) AS g FROM rows")

    def engine(lon: Points, lat: Points) -> Join:
        conn.register("rows", pyarrow.table({"id": np.arange(len(lon)), "lon": lon, "lat": lat}))
        conn.execute(
            "CREATE OR REPLACE TABLE points AS SELECT id, ST_Point(lon, lat) AS g FROM rows"
        )
        return lambda: tuple(conn.execute(DUCKDB).fetchnumpy().values())

    return engine


def sedonadb(shapes: Shapes) -> Engine:
    sedona = _module("sedonadb").connect()

    def keep(name: str, geometry: Shapes) -> None:
        frame = geopandas.GeoDataFrame(
            {"id": np.arange(len(geometry))}, geometry=geometry, crs=4326
        )
        frame = frame.rename_geometry("g")
        sedona.create_data_frame(frame).to_memtable().to_view(name, overwrite=True)

    keep("shapes", shapes)

    def engine(lon: Points, lat: Points) -> Join:
        keep("points", shapely.points(lon, lat))

        def join() -> Pairs:
            rows = pyarrow.table(sedona.sql(SEDONADB))
            return rows["point"].to_numpy(), rows["shape"].to_numpy()

        return join

    return engine


def postgis(conn: psycopg.Connection[Any]) -> Callable[[Shapes], Engine]:
    """PostGIS with the polygons outside and the points through their GiST index, on all cores."""

    def prepare(shapes: Shapes) -> Engine:
        for setting in POSTGIS_PLAN:
            conn.execute(setting)
        _store(conn, "bench_shape", shapes)

        def engine(lon: Points, lat: Points) -> Join:
            _store(conn, "bench_point", shapely.points(lon, lat))
            conn.execute("CREATE INDEX ON bench_point USING gist (geom)")
            conn.execute("ANALYZE bench_point")
            return lambda: _copied(conn)

        return engine

    return prepare


def _store(conn: psycopg.Connection[Any], table: str, shapes: Shapes) -> None:
    conn.execute(f"DROP TABLE IF EXISTS {table}")
    conn.execute(f"CREATE UNLOGGED TABLE {table} (id int, geom geometry(Geometry, 4326))")
    rows = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    with conn.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        copy.write("".join(f"{number}\t{row}\n" for number, row in enumerate(rows.tolist())))
    conn.execute(f"ANALYZE {table}")


def _copied(conn: psycopg.Connection[Any]) -> Pairs:
    with conn.cursor().copy(POSTGIS) as copy:
        data = b"".join(copy)
    rows = np.frombuffer(data[_COPY_HEAD:-_COPY_TAIL], dtype=_COPY_ROW)
    return rows["point"].astype(np.int64), rows["shape"].astype(np.int64)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Unavailable(f"{name} is missing: `make bench` installs it") from error
