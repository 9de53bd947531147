"""The map changes: an open page follows, goes back in time, and looks at what is planned."""

import httpx2
import pytest
import shapely
from databases import cloned
from playwright.sync_api import expect
from serving import server


@pytest.fixture(scope="module")
def town(cluster, tiny_template, tmp_path_factory):
    """The URL of a server on the tiny city, and a planner's client of it."""
    folder = tmp_path_factory.mktemp("town")
    headers = {"Authorization": f"Bearer {tiny_template.keys['planner']}"}
    with (
        cloned(cluster, tiny_template.template) as dsns,
        server(dsns, folder) as url,
        httpx2.Client(base_url=url, headers=headers, timeout=30) as planner,
    ):
        yield url, planner


@pytest.fixture
def corner(tiny_template):
    """A corner of several micro-grids, well inside the city: lon, lat."""
    inside = tiny_template.made.units[0].shape.buffer(-0.003)
    corners = (c for u in tiny_template.made.leaves for c in shapely.get_coordinates(u.shape))
    return next(tuple(c) for c in corners if inside.contains(shapely.Point(c)))


def plan(planner: httpx2.Client, edit: dict[str, object]) -> int:
    plan_id = planner.post("/plans", json={"title": "河岸调整"}).json()["plan_id"]
    planner.post(f"/plans/{plan_id}/edits", json=edit).raise_for_status()
    return int(plan_id)


def publish(planner: httpx2.Client, edit: dict[str, object]) -> int:
    """Publish an edit and return the new version."""
    plan_id = plan(planner, edit)
    for step in ("submit", "approve", "publish"):
        planner.post(f"/plans/{plan_id}/{step}", json={}).raise_for_status()
    return int(planner.get("/versions").json()["head"])


def halves(planner: httpx2.Client, corner: tuple[float, float]) -> dict[str, object]:
    """The edit that cuts the micro-grid of a point from west to east."""
    place = {"lon": corner[0], "lat": corner[1]}
    code = planner.get("/locate", params=place).json()["placement"]["unit"]["code"]
    west, south, east, north = planner.get(f"/units/{code}").json()["bbox"]
    middle = (south + north) / 2
    line = [[west - 0.001, middle], [east + 0.001, middle]]
    return {"kind": "split", "code": code, "lines": [line]}


def test_an_open_page_follows_a_published_border(console, town, corner):
    url, planner = town
    lon, lat = corner
    page = console(url).open(f"/?point={lon},{lat}#17/{lat}/{lon}")
    article = page.locator("#answer article")
    expect(article).to_have_attribute("data-version", "1")
    with page.expect_response(lambda r: "/tiles/city/" in r.url and r.status == 200):
        head = publish(
            planner, {"kind": "move_vertex", "at": [lon, lat], "to": [lon + 0.00002, lat]}
        )
    expect(article).to_have_attribute("data-version", str(head))
    expect(page.locator("#version")).to_have_attribute("data-head", str(head))


def rename(planner: httpx2.Client, corner: tuple[float, float], name: str) -> int:
    """Publish another name for the micro-grid of a point and return the new version."""
    place = {"lon": corner[0], "lat": corner[1]}
    code = planner.get("/locate", params=place).json()["placement"]["unit"]["code"]
    return publish(planner, {"kind": "rename", "code": code, "name": name})


def test_a_card_follows_when_the_worker_it_asks_is_behind(console, town, corner):
    url, planner = town
    lon, lat = corner
    opened = console(url)
    page = opened.open(f"/?point={lon},{lat}#17/{lat}/{lon}")
    article = page.locator("#answer article")
    before = article.get_attribute("data-version")
    old = httpx2.get(f"{url}/locate", params={"lon": lon, "lat": lat}).text
    stale = iter(range(2))

    def behind(route):
        if next(stale, None) is None:
            route.continue_()
        else:
            route.fulfill(content_type="application/json", body=old)

    page.route("**/locate?*", behind)
    head = rename(planner, corner, "慢一步")
    expect(article).to_have_attribute("data-version", str(head))
    expect(article).to_contain_text("慢一步")
    assert before != str(head)
    assert next(stale, None) is None


def test_what_is_published_while_the_page_loads_is_shown(console, town, corner):
    url, planner = town
    lon, lat = corner
    page = console(url).page
    page.route("**/tiles/city/**", lambda route: None)
    page.goto(f"{url}/?point={lon},{lat}#17/{lat}/{lon}")
    root, article = page.locator("html"), page.locator("#answer article")
    expect(article).to_be_visible()
    head = rename(planner, corner, "开页之间")
    expect(page.locator("#version")).to_have_attribute("data-head", str(head))
    expect(root).to_have_attribute("data-state", "loading")
    page.unroute("**/tiles/city/**")  # what was held goes on
    expect(article).to_have_attribute("data-version", str(head))
    expect(article).to_contain_text("开页之间")


def test_the_page_goes_back_in_time_and_says_that_it_is_not_live(console, town, corner):
    url, planner = town
    lon, lat = corner
    leaf = httpx2.get(f"{url}/locate", params={"lon": lon, "lat": lat}).json()["placement"]["unit"]
    head = publish(planner, {"kind": "rename", "code": leaf["code"], "name": "新名字"})
    opened = console(url)
    page = opened.open(f"/?point={lon},{lat}#16/{lat}/{lon}")
    card, banner = page.locator("#answer"), page.locator("#banner")
    expect(card).to_contain_text("新名字")
    page.locator("#time summary").click()
    slider = page.get_by_role("slider")
    expect(slider).to_be_enabled()
    with page.expect_response(lambda r: "/tiles/city/" in r.url and f"at={head - 1}" in r.url):
        slider.press("ArrowLeft")
    expect(banner).to_contain_text("不是实时地图")
    expect(card.locator("article")).to_have_attribute("data-version", str(head - 1))
    expect(card).to_contain_text(leaf["name"])
    assert f"at={head - 1}" in page.url
    banner.get_by_role("button").click()
    expect(banner).to_be_hidden()
    expect(card).to_contain_text("新名字")
    assert "at=" not in page.url
    assert opened.foreign_requests() == opened.errors == []


def test_a_question_on_its_way_is_asked_of_the_moment_that_is_chosen_meanwhile(
    console, town, corner
):
    url, planner = town
    lon, lat = corner
    head = rename(planner, corner, "将来")
    page = console(url).open(f"/#17/{lat}/{lon}")
    page.route("**/locate?*", lambda route: "&at=" in route.request.url and route.continue_())
    page.locator("#ask-centre").click()
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "true")
    page.locator("#time summary").click()
    page.get_by_role("slider").press("ArrowLeft")
    article = page.locator("#answer article")
    expect(article).to_have_attribute("data-version", str(head - 1))


def test_a_plan_is_laid_over_the_map_for_who_has_a_key(console, town, corner, tiny_template):
    url, planner = town
    key = tiny_template.keys["planner"]
    plan_id = plan(planner, halves(planner, corner))
    opened = console(url)
    page = opened.open("/")
    page.locator("#plans summary").click()
    page.locator("#key").fill(key)
    page.locator("#key").press("Enter")
    with page.expect_response(lambda r: f"/plans/{plan_id}/diff/" in r.url and r.status == 200):
        page.locator("#plan").select_option(str(plan_id))
    expect(page.locator(".plan-sum")).to_contain_text("变更单元")
    with page.expect_response(
        lambda r: "/tiles/city/" in r.url and f"plan={plan_id}" in r.url and r.ok
    ):
        page.locator("#planned").check()
    expect(page.locator("#banner")).to_contain_text("尚未发布")
    page.locator("#layers summary").click()
    with page.expect_response(lambda r: "/tiles/device/" in r.url and r.ok):
        page.locator("input[name=devices]").check()
    assert not [address for address in [page.url, *opened.requests] if key in address]
    assert page.evaluate("Object.values(localStorage).join()").find(key) == -1
    assert opened.foreign_requests() == opened.errors == []
