"""Law 3 in two worker processes: readers see the whole old map or the whole new one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import shapely
from databases import City, cloned
from serving import server

from gridgeo.db.cluster import Cluster

READERS = 4
MOVES = 3


@pytest.fixture
def two_workers(cluster: Cluster, tiny_template: City, tmp_path: Path):
    with cloned(cluster, tiny_template.template) as dsns, server(dsns, tmp_path, workers=2) as url:
        yield url


def inner_vertex(city: City) -> tuple[float, float]:
    inside = city.made.units[0].shape.buffer(-0.002)
    corners = (tuple(p) for leaf in city.made.leaves for p in shapely.get_coordinates(leaf.shape))
    return min(p for p in corners if inside.contains(shapely.Point(p)))


def publish(client: httpx2.Client, at: tuple[float, float], to: tuple[float, float]) -> None:
    plan_id = client.post("/plans", json={"title": "move"}).json()["plan_id"]
    edit = {"kind": "move_vertex", "at": list(at), "to": list(to)}
    client.post(f"/plans/{plan_id}/edits", json=edit).raise_for_status()
    for step in ("submit", "approve", "publish"):
        client.post(f"/plans/{plan_id}/{step}", json={}).raise_for_status()


def question(client: httpx2.Client, place: tuple[float, float], at: str | None = None):
    """One answer that depends on several tables: chain, border distance and version."""
    query = {"lon": place[0], "lat": place[1]} | ({} if at is None else {"at": at})
    answer = client.get("/locate", params=query)
    answer.raise_for_status()
    return answer.json()


def test_every_answer_is_wholly_old_or_wholly_new(two_workers, tiny_template):
    at = inner_vertex(tiny_template)
    places = [at, *((at[0] + dx, at[1] + dy) for dx in (-1e-5, 1e-5) for dy in (-1e-5, 1e-5))]
    seen, stop = [], threading.Event()

    def read(number: int) -> None:
        with httpx2.Client(base_url=two_workers) as reader:
            while not stop.is_set():
                place = places[number % len(places)]
                seen.append((place, question(reader, place)))

    headers = {"Authorization": f"Bearer {tiny_template.keys['planner']}"}
    with (
        ThreadPoolExecutor(READERS) as pool,
        httpx2.Client(base_url=two_workers, headers=headers, timeout=30) as planner,
    ):
        readers = [pool.submit(read, number) for number in range(READERS)]
        here = at
        for _ in range(MOVES):
            there = (here[0] + 0.000012, here[1] + 0.000007)
            publish(planner, here, there)
            here = there
        stop.set()
        for reader in readers:
            reader.result()
        versions = range(1, MOVES + 2)
        truth = {(p, v): question(planner, p, str(v)) for p in places for v in versions}

    assert {answer["version"] for _, answer in seen} >= {1, MOVES}
    assert len({str(truth[places[0], v]) for v in versions}) == MOVES + 1
    for place, answer in seen:
        assert answer == truth[place, answer["version"]]


def test_a_publication_is_seen_by_every_worker_at_once(two_workers, tiny_template):
    at = inner_vertex(tiny_template)
    headers = {"Authorization": f"Bearer {tiny_template.keys['planner']}"}
    with httpx2.Client(base_url=two_workers, headers=headers, timeout=30) as planner:
        publish(planner, at, (at[0] + 0.00002, at[1]))
    for _ in range(20):
        with httpx2.Client(base_url=two_workers) as fresh:
            assert question(fresh, at)["version"] == 2
