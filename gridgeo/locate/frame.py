"""The city in the process of an analyst: points of a GeoDataFrame and their units, no server.

geopandas is never imported here, so that a server that loads this package stays small.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import shapely
from psycopg import IsolationLevel

from gridgeo.errors import BadInput
from gridgeo.locate.model import CityIndex
from gridgeo.locate.store import load_index
from gridgeo.locate.table import FIELDS, LeafColumns, as_error, place_all, point_xy
from gridgeo.units.store import resolve_version

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

ERROR = "error"
NO_POINT = BadInput("Its geometry is no point.")


def open_city(dsn: str, at: str | None = None) -> CityIndex:
    """Read one version of the map into memory, ready to place points.

    Parameters
    ----------
    dsn
        Connection string of the reading role; `var/local.json` has it under `dsn.reader`.
    at
        A version number, or an instant with its offset; the live map without.

    Raises
    ------
    NotFound, BadInput, Unavailable
        As the API for its `at`.
    """
    with psycopg.connect(dsn) as conn:
        conn.isolation_level, conn.read_only = IsolationLevel.REPEATABLE_READ, True
        return load_index(conn, resolve_version(conn, at))


def place_frame(
    frame: "GeoDataFrame", city: CityIndex, fields: Iterable[str] = FIELDS, *, chain: bool = False,
    crs: str | None = None,
) -> Any:  # fmt: skip
    """Say where each point of a frame is.

    Parameters
    ----------
    frame
        Its active geometry holds points.
    city
        As `open_city` returns it.
    fields
        Any of code, level, name, reason.
    chain
        Add code and name of the unit of each level below the city.
    crs
        Overrides the frame's CRS: "EPSG:<number>", "gcj02" or "bd09".

    Returns
    -------
    pandas.DataFrame with the frame's index and order: the fields, then `error`, which is missing
    for a good point. `attrs["version"]` is the map version. Put it beside the frame by
    `pandas.concat((frame, answer), axis=1)`.

    Raises
    ------
    BadInput
        The frame does not say its CRS.
    UnknownCrs, UnknownKeyword
        A system or a field that nobody knows.
    """
    points = np.asarray(frame.geometry.to_numpy(), dtype=object)
    placed = place_all(city, *point_xy(points), crs or _crs_of(frame))
    table = LeafColumns(city, fields, chain)
    rows = table.rows(placed)
    errors = np.full(len(points), None, dtype=object)
    for row, text in placed.errors.items():
        errors[row] = text if shapely.get_type_id(points[row]) == 0 else as_error(NO_POINT)
    columns = {name: values[rows] for name, values in table.columns.items()}
    answer = frame[[]].assign(**columns, **{ERROR: errors})
    answer.attrs["version"] = city.version.version
    return answer


def _crs_of(frame: "GeoDataFrame") -> str:
    authority = None if frame.crs is None else frame.crs.to_authority()
    if authority is None or authority[0] != "EPSG":
        raise BadInput(
            "The frame does not say its CRS by an EPSG number; use frame.set_crs(...) or give "
            "crs='EPSG:4326', 'gcj02' ...",
            key="crs",
            value=frame.crs,
        )
    return f"EPSG:{authority[1]}"
