"""While events come in and others plan: nobody ends up in a wrong home, and of two one wins."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import psycopg
import pytest
import shapely
from databases import City, cloned
from serving import server

from gridgeo.db.cluster import Cluster
from gridgeo.db.dsn import Dsns
from gridgeo.units import store
from gridgeo.units.checking import check_homes

STEP = 0.00004


@pytest.fixture(scope="module")
def served(
    cluster: Cluster, tiny_template: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Dsns, str]]:
    """A copy of the tiny city, and the URL of two workers on it."""
    folder = tmp_path_factory.mktemp("served")
    with cloned(cluster, tiny_template.template) as dsns, server(dsns, folder) as url:
        yield dsns, url


def corners(city: City, number: int) -> list[tuple[float, float]]:
    """Corners well inside the city and far from each other."""
    inside = city.made.units[0].shape.buffer(-0.0015)
    every = {tuple(p) for leaf in city.made.leaves for p in shapely.get_coordinates(leaf.shape)}
    within = sorted(p for p in every if inside.contains(shapely.Point(p)))
    return [within[i * (len(within) - 1) // (number - 1)] for i in range(number)]


def session(url: str, city: City, role: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {city.keys[role]}"}
    return httpx2.Client(base_url=url, headers=headers, timeout=60)


def drawn(client: httpx2.Client, at: tuple[float, float], to: tuple[float, float]) -> str:
    """Open a plan that moves a corner, and bring it to its approval; its path."""
    path = f"/plans/{client.post('/plans', json={'title': 'move'}).json()['plan_id']}"
    edit = {"kind": "move_vertex", "at": list(at), "to": list(to)}
    client.post(f"{path}/edits", json=edit).raise_for_status()
    return approved(client, path)


def approved(client: httpx2.Client, path: str) -> str:
    for step in ("submit", "approve"):
        client.post(f"{path}/{step}", json={}).raise_for_status()
    return path


def shaken(
    url: str,
    city: City,
    corner: tuple[float, float],
    stop: threading.Event,
    channel: str,
    base: int,
) -> int:
    """Report events around a corner as fast as they are taken in; how many were."""
    taken = 0
    with session(url, city, "dispatcher") as client:
        while not stop.is_set():
            shift = (taken % 201 - 100) * STEP / 10
            body = {
                "channel": channel, "external_id": f"{base}-{taken}", "category": "06010",
                "lon": corner[0] + shift, "lat": corner[1] + (taken % 97 - 48) * STEP / 6,
                "occurred_at": "2026-03-01T08:00:00+08:00",
            }  # fmt: skip
            answer = client.post("/events", json=body)
            if answer.status_code != 503:
                assert answer.status_code == 201, answer.text
                taken += 1
    return taken


def events_in(conn: psycopg.Connection) -> int:
    return conn.execute("SELECT count(*) FROM event").fetchone()[0]


def publish_while_events_arrive(served, city: City, publications: int) -> None:
    dsns, url = served
    corner = corners(city, 3)[1]
    with psycopg.connect(dsns.reader) as conn:
        before = store.head_version(conn).version, events_in(conn)
    stop = threading.Event()
    with session(url, city, "planner") as planner, ThreadPoolExecutor(2) as senders:
        sent = [senders.submit(shaken, url, city, corner, stop, channel, before[0])
                for channel in ("grid_patrol", "hotline_12345")]  # fmt: skip
        here = corner
        for number in range(publications):
            there = (corner[0] + (STEP / 2 if number % 2 == 0 else -STEP / 2), corner[1])
            path = drawn(planner, here, there)
            planner.post(f"{path}/publish", json={}).raise_for_status()
            here = there
        stop.set()
        taken = sum(sender.result() for sender in sent)
    with psycopg.connect(dsns.reader) as conn:
        head = store.head_version(conn).version
        units = store.all_units(conn, head)
        assert (head, events_in(conn)) == (before[0] + publications, before[1] + taken)
        assert check_homes(conn, head, units, lambda text, share=None: None) == []


def test_no_event_and_no_device_is_left_in_a_wrong_home(served, tiny_template):
    publish_while_events_arrive(served, tiny_template, publications=6)


@pytest.mark.full
def test_after_fifty_publications_no_event_and_no_device_is_in_a_wrong_home(served, tiny_template):
    publish_while_events_arrive(served, tiny_template, publications=50)


def test_of_two_planners_at_once_one_wins_and_the_other_rebases(served, tiny_template):
    _, url = served
    ends = corners(tiny_template, 2)
    with (
        session(url, tiny_template, "planner") as one,
        session(url, tiny_template, "operator") as two,
    ):
        both = [(client, drawn(client, at, (at[0] + 0.00001, at[1])))
                for client, at in zip((one, two), ends, strict=True)]  # fmt: skip
        ready = threading.Barrier(2)

        def publish(client: httpx2.Client, path: str) -> httpx2.Response:
            ready.wait()
            return client.post(f"{path}/publish", json={})

        with ThreadPoolExecutor(2) as hands:
            answers = list(hands.map(lambda pair: publish(*pair), both))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        loser, path = both[[answer.status_code for answer in answers].index(409)]
        refused = next(answer for answer in answers if answer.status_code == 409).json()
        assert refused["code"] == "version_conflict"
        assert refused["problems"][0]["plan_id"] != int(path.removeprefix("/plans/"))
        loser.post(f"{path}/reject", json={}).raise_for_status()
        loser.post(f"{path}/rebase", json={}).raise_for_status()
        approved(loser, path)
        published = loser.post(f"{path}/publish", json={}).json()["published_version"]
        assert published == refused["problems"][0]["version"] + 1
