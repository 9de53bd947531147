"""One point, one owner, whoever is asked: GET, POST, CLI, SQL, client, frame, and the twin."""

import csv
from pathlib import Path

import geopandas
import numpy as np
import psycopg
import pytest
from databases import client_on
from test_client import InProcess
from twins import ExactTwin, vertices_and_midpoints

from gridgeo import Client, open_city, place_frame
from gridgeo.cli import main
from gridgeo.cli.local import Local

EVERY = 40
"""One point in so many is asked by GET, one by one."""


@pytest.fixture
def leaves(tiny_template):
    return {leaf.code: leaf.shape for leaf in tiny_template.made.leaves}


@pytest.fixture
def points(leaves) -> list[tuple[float, float]]:
    """Vertices, midpoints, one ulp beside them, random points, and some far outside."""
    on_borders = vertices_and_midpoints(leaves)
    beside = np.nextafter(on_borders[::5], np.array((180.0, 0.0)))
    chance = np.random.default_rng(11).uniform((113.59, 34.69), (113.62, 34.72), (500, 2))
    far = [(10.0, 50.0), (-179.9, 89.9), (113.6, 34.0)]
    return [*on_borders, *map(tuple, beside.tolist()), *map(tuple, chance.tolist()), *far]


def by_post(app, points) -> list[str | None]:
    answer = app.post("/locate", json={"points": points, "fields": "code"}).json()
    return [row["code"] for row in answer["results"]]


def by_get(app, points) -> list[str | None]:
    units = [
        app.get("/locate", params={"lon": lon, "lat": lat}).json()["placement"]["unit"]
        for lon, lat in points
    ]
    return [unit["code"] if unit else None for unit in units]


def by_client(app, points) -> list[str | None]:
    client = Client("http://127.0.0.1", transport=InProcess(app))
    return [row["code"] for row in client.locate_many(points, fields="code")["results"]]


def by_sql(dsn, points) -> list[str | None]:
    lon, lat = map(list, zip(*points, strict=True))
    with psycopg.connect(dsn) as conn:
        query = "SELECT code FROM locate_many(%s, %s) ORDER BY n"
        return [row[0] for row in conn.execute(query, (lon, lat))]


def by_frame(dsn, points) -> list[str | None]:
    shapes = geopandas.points_from_xy(*zip(*points, strict=True))
    frame = geopandas.GeoDataFrame(geometry=shapes, crs=4326)
    codes = place_frame(frame, open_city(dsn))["code"]
    return [None if missing else code for code, missing in zip(codes, codes.isna(), strict=True)]


def by_command(folder: Path, suffix: str, points) -> list[str | None]:
    with (folder / "in.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("lon", "lat"), *points])
    main_until_exit("locate", folder / "in.csv", "-o", folder / f"in{suffix}.new{suffix}")
    main_until_exit(
        "locate", folder / f"in{suffix}.new{suffix}", "-o", folder / f"{suffix}.csv",
        "--prefix", "again_",
    )  # fmt: skip
    with (folder / f"{suffix}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["code"] for row in rows] == [row["again_code"] for row in rows]
    return [row["code"] or None for row in rows]


def main_until_exit(*arguments: object) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    assert not ended.value.code


def test_everybody_gives_the_owner_of_the_exact_twin(
    city_db, leaves, points, tmp_path, monkeypatch
):
    Local(None, city_db, {}).write(tmp_path / "var" / "local.json")
    monkeypatch.setenv("GRIDGEO_VAR_DIR", str(tmp_path / "var"))
    expected = ExactTwin(leaves).owners(points)
    assert None in expected
    with client_on(city_db) as app:
        assert by_post(app, points) == expected
        assert by_client(app, points) == expected
        assert by_get(app, points[::EVERY]) == expected[::EVERY]
    assert by_sql(city_db.reader, points) == expected
    assert by_frame(city_db.reader, points) == expected
    for suffix in (".parquet", ".geojson", ".gpkg"):
        assert by_command(tmp_path, suffix, points) == expected
