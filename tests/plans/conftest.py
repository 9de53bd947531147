import time

import pytest
import shapely

from gridgeo.units import store


@pytest.fixture
def planner(client, as_role):
    """Calls of a planner: planner("/plans", json=...) posts, planner("/plans") gets."""
    headers = as_role("planner")

    def call(path, **body):
        method = client.post if "json" in body else client.get
        return method(path, headers={**headers, **body.pop("headers", {})}, **body)

    return call


@pytest.fixture
def located(client):
    """The answer of /locate once it is given by a version: `located(2, lon=..., lat=...)`."""

    def ask(version, **query):
        for _ in range(200):
            answer = client.get("/locate", params=query).json()
            if answer["version"] == version:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"version {version} has never answered")

    return ask


@pytest.fixture
def units(city_conn):
    """All units of the tiny city by code."""
    return store.all_units(city_conn, 1)


@pytest.fixture
def inner_vertex(units):
    """A vertex that lies well inside the city."""
    [root] = [unit for unit in units.values() if unit.parent_code is None]
    inside = root.shape.buffer(-0.001)
    leaves = [unit.shape for unit in units.values() if unit.is_leaf]
    points = sorted({tuple(p) for leaf in leaves for p in shapely.get_coordinates(leaf).tolist()})
    return next(p for p in points if inside.contains(shapely.Point(p)))
