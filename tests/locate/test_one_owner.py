"""Law 1 through the public face: every vertex and edge midpoint has exactly one owner."""

import random

import pytest
import shapely
from databases import City, client_on, cloned
from fastapi.testclient import TestClient
from twins import ExactTwin, vertices_and_midpoints

BATCH = 100_000


def leaves_of(city: City) -> dict:
    return {leaf.code: leaf.shape for leaf in city.made.leaves}


def rounded_off_the_outline(city: City) -> set[tuple[float, float]]:
    """Midpoints of the city's outline: as doubles, half of them lie a hair outside it."""
    corners = shapely.get_coordinates(city.made.units[0].shape.exterior)
    return set(map(tuple, ((corners[:-1] + corners[1:]) / 2).tolist()))


def owners(client: TestClient, points: list[tuple[float, float]]) -> list[str | None]:
    found: list[str | None] = []
    for start in range(0, len(points), BATCH):
        body = {"points": points[start : start + BATCH], "fields": "code"}
        answer = client.post("/locate", json=body)
        assert answer.status_code == 200, answer.text
        found += [row["code"] for row in answer.json()["results"]]
    return found


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.full)])
def test_vertices_and_midpoints_of_the_small_city_have_the_owner_of_the_exact_twin(
    cluster, small_template, every
):
    leaves = leaves_of(small_template)
    points = vertices_and_midpoints(leaves)[::every]
    twin = ExactTwin(leaves)
    with cloned(cluster, small_template.template) as dsns, client_on(dsns) as client:
        answered = owners(client, points)
    assert len(points) > 80_000 // every
    assert answered == twin.owners(points)
    ownerless = {point for point, code in zip(points, answered, strict=True) if code is None}
    assert ownerless <= rounded_off_the_outline(small_template)


def test_random_points_have_the_owner_of_the_exact_twin(client, tiny_template):
    chance = random.Random(7)
    points = [
        (chance.uniform(113.599, 113.617), chance.uniform(34.699, 34.714)) for _ in range(4000)
    ]
    twin = ExactTwin(leaves_of(tiny_template))
    answered = owners(client, points)
    assert answered == twin.owners(points)
    assert None in answered


def test_the_answer_for_one_point_is_the_answer_of_the_batch(client, tiny_template):
    points = vertices_and_midpoints(leaves_of(tiny_template))[::29]
    singles = [
        client.get("/locate", params={"lon": lon, "lat": lat}).json()["placement"]["unit"]["code"]
        for lon, lat in points
    ]
    assert singles == owners(client, points)
