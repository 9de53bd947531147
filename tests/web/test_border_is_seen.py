"""A border is changed through the API; an open page shows the new map without a reload."""

import httpx2
import pytest
import shapely
from databases import cloned
from playwright.sync_api import expect
from serving import server


@pytest.fixture
def own_server(cluster, tiny_template, tmp_path):
    with cloned(cluster, tiny_template.template) as dsns, server(dsns, tmp_path) as url:
        yield url


def publish(client: httpx2.Client, at: list[float], to: list[float]) -> None:
    plan_id = client.post("/plans", json={"title": "河岸调整"}).json()["plan_id"]
    edit = {"kind": "move_vertex", "at": at, "to": to}
    client.post(f"/plans/{plan_id}/edits", json=edit).raise_for_status()
    for step in ("submit", "approve", "publish"):
        client.post(f"/plans/{plan_id}/{step}", json={}).raise_for_status()


def test_an_open_page_follows_a_published_border(console, own_server, tiny_template):
    inside = tiny_template.made.units[0].shape.buffer(-0.003)
    corners = (c for u in tiny_template.made.leaves for c in shapely.get_coordinates(u.shape))
    lon, lat = next(tuple(c) for c in corners if inside.contains(shapely.Point(c)))
    page = console(own_server).open(f"/?point={lon},{lat}#17/{lat}/{lon}")
    article = page.locator("#answer article")
    expect(article).to_have_attribute("data-version", "1")
    headers = {"Authorization": f"Bearer {tiny_template.keys['planner']}"}
    with (
        httpx2.Client(base_url=own_server, headers=headers, timeout=30) as planner,
        page.expect_response(lambda r: "/tiles/micro_grid/" in r.url and r.status == 200),
    ):
        publish(planner, [lon, lat], [lon + 0.00002, lat])
    expect(article).to_have_attribute("data-version", "2")
    expect(page.locator("#version")).to_have_attribute("data-head", "2")
