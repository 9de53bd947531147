"""Other engines that place points in polygons, each as a function of the points.

Each is prepared with the polygons first (its index or table is built outside the measured time) and
answers the position of a covering polygon, -1 for none. Of several polygons on a border, any.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import geopandas
import numpy as np
import psycopg
import pyarrow
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]
Locate = Callable[[Points, Points], NDArray[np.int64]]

POSTGIS = """
SELECT p.id, leaf.id
FROM bench_point p
CROSS JOIN LATERAL (
    SELECT s.id FROM bench_shape s WHERE ST_Covers(s.geom, p.geom) ORDER BY s.id LIMIT 1
) leaf
"""


def strtree(shapes: NDArray[np.object_]) -> Locate:
    tree = shapely.STRtree(shapes)

    def locate(lon: Points, lat: Points) -> NDArray[np.int64]:
        point, polygon = tree.query(shapely.points(lon, lat), predicate="intersects")
        return _first(len(lon), point, polygon)

    return locate


def sjoin(shapes: NDArray[np.object_]) -> Locate:
    frame = geopandas.GeoDataFrame(geometry=shapes, crs=4326)

    def locate(lon: Points, lat: Points) -> NDArray[np.int64]:
        points = geopandas.GeoDataFrame(geometry=shapely.points(lon, lat), crs=4326)
        joined = points.sjoin(frame, predicate="intersects")
        return _first(len(lon), joined.index.to_numpy(), joined["index_right"].to_numpy())

    return locate


def sedonadb(shapes: NDArray[np.object_]) -> Locate | None:
    """SedonaDB on all cores, or None where it is not installed."""
    if importlib.util.find_spec("sedonadb") is None:
        return None
    engine: Any = importlib.import_module("sedonadb").connect()
    ids = {"shape_id": np.arange(len(shapes))}
    polygons = geopandas.GeoDataFrame(ids, geometry=shapes, crs=4326)
    engine.create_data_frame(polygons).to_memtable().to_view("shapes")

    def locate(lon: Points, lat: Points) -> NDArray[np.int64]:
        ids = {"point_id": np.arange(len(lon))}
        points = geopandas.GeoDataFrame(ids, geometry=shapely.points(lon, lat), crs=4326)
        engine.create_data_frame(points).to_view("points", overwrite=True)
        joined = engine.sql(
            "SELECT point_id, shape_id FROM points JOIN shapes "
            "ON ST_Intersects(points.geometry, shapes.geometry)"
        )
        rows = pyarrow.table(joined)
        return _first(len(lon), rows["point_id"].to_numpy(), rows["shape_id"].to_numpy())

    return locate


def postgis(conn: psycopg.Connection[Any], shapes: NDArray[np.object_]) -> Locate:
    """PostGIS by its best plan: points outside, polygons through their GiST index."""
    conn.execute("CREATE TEMP TABLE bench_shape (id int, geom geometry(Geometry, 4326))")
    _copy(conn, "bench_shape", shapes)
    conn.execute("CREATE INDEX ON bench_shape USING gist (geom)")
    conn.execute("ANALYZE bench_shape")
    conn.execute("CREATE TEMP TABLE bench_point (id int, geom geometry(Point, 4326))")

    def locate(lon: Points, lat: Points) -> NDArray[np.int64]:
        rows = np.array(conn.execute(POSTGIS).fetchall(), dtype=np.int64).reshape(-1, 2)
        return _first(len(lon), rows[:, 0], rows[:, 1])

    return locate


def store_points(conn: psycopg.Connection[Any], lon: Points, lat: Points) -> None:
    """Bring the points to PostGIS, which is not measured."""
    conn.execute("TRUNCATE bench_point")
    _copy(conn, "bench_point", shapely.points(lon, lat))
    conn.execute("ANALYZE bench_point")


def _copy(conn: psycopg.Connection[Any], table: str, shapes: NDArray[np.object_]) -> None:
    texts = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    with conn.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for number, text in enumerate(texts.tolist()):
            copy.write_row((number, text))


def _first(number: int, point: NDArray[Any], polygon: NDArray[Any]) -> NDArray[np.int64]:
    result = np.full(number, np.iinfo(np.int64).max)
    np.minimum.at(result, point, polygon)
    result[result == np.iinfo(np.int64).max] = -1
    return result
