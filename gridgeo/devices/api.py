"""Devices: where they stand; sensitive, so both faces ask for a role."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from gridgeo.access.api import requires
from gridgeo.db.requests import Reading, Writing
from gridgeo.devices import store
from gridgeo.locate.store import index_of
from gridgeo.units.api import At, Limit
from gridgeo.units.relations import Around
from gridgeo.units.relations_api import Coordinate, K, WithinM
from gridgeo.units.store import lock_map_shared, resolve_version, unit_row

router = APIRouter(tags=["devices"])


class DeviceIn(BaseModel):
    """A device to place; the point in EPSG:4326 degrees."""

    code: str = Field(min_length=1, max_length=40)
    kind: str = Field(min_length=1, max_length=40)
    family: Literal["video", "iot", "mobile"]
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)


class DeviceAnswer(BaseModel):
    """A device in its leaf; `unit_code` is null outside the city."""

    code: str
    kind: str
    family: str
    lon: float
    lat: float
    unit_code: str | None
    map_version: int
    synthetic: bool


class DevicesAnswer(BaseModel):
    """Devices in code order; `next` is the code to continue after."""

    devices: list[DeviceAnswer]
    next: str | None


class DeviceNear(DeviceAnswer):
    """A device and its distance from the point."""

    distance_m: float


class DevicesNearAnswer(BaseModel):
    """The nearest devices, ties in code order; without any, `reason` says why."""

    version: int
    devices: list[DeviceNear]
    reason: Literal["none_within"] | None


@router.get("/devices", dependencies=[Depends(requires("read_devices"))])
def devices(
    conn: Reading,
    unit: Annotated[str | None, Query(max_length=24)] = None,
    after: Annotated[str | None, Query(max_length=40)] = None,
    at: At = None,
    limit: Limit = 100,
) -> DevicesAnswer:
    """List the devices of a unit and all below it, in code order."""
    version = resolve_version(conn, at)
    if unit is not None:
        unit_row(conn, version.version, unit)
    rows = store.list_devices(conn, version.version, unit, after, limit + 1)
    more = rows[limit - 1]["code"] if len(rows) > limit else None
    return DevicesAnswer(devices=[DeviceAnswer(**row) for row in rows[:limit]], next=more)


@router.get("/devices/nearest", dependencies=[Depends(requires("read_devices"))])
def devices_nearest(
    conn: Reading,
    lon: Coordinate,
    lat: Coordinate,
    k: K = 10,
    within_m: WithinM = 1000.0,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    at: At = None,
) -> DevicesNearAnswer:
    """List the devices nearest to a point, by metres; `unit_code` is that of the map asked."""
    version = resolve_version(conn, at).version
    rows = store.nearest_devices(conn, version, Around(lon, lat, k, within_m), kind)
    return DevicesNearAnswer(
        version=version,
        devices=[DeviceNear(**row) for row in rows],
        reason=None if rows else "none_within",
    )


@router.post("/devices", status_code=201, dependencies=[Depends(requires("write_events"))])
def create_device(conn: Writing, request: Request, body: DeviceIn) -> DeviceAnswer:
    """Put a device on the map; it follows every later redraw."""
    lock_map_shared(conn)
    version = resolve_version(conn, None)
    city = index_of(conn, request.app.state.memory.indexes, version)
    placement = city.place(body.lon, body.lat)
    row = {
        **body.model_dump(),
        "unit_id": placement.unit.unit_id if placement.unit else None,
        "map_version": version.version,
    }
    store.insert_device(conn, row)
    return DeviceAnswer(
        **body.model_dump(),
        unit_code=placement.unit.code if placement.unit else None,
        map_version=version.version,
        synthetic=False,
    )
