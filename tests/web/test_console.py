"""The map console as a visitor meets it."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx2
from playwright.sync_api import Route, expect
from pypinyin import lazy_pinyin


def view_of(answer: dict, zoom: int = 17) -> str:
    """Return the deep link's hash that centres an answer's point."""
    return f"#{zoom}/{answer['point']['lat']}/{answer['point']['lon']}"


def test_page_opens_without_errors_and_asks_no_other_origin(console):
    opened = console()
    page = opened.open()
    expect(page.locator("#version")).to_have_attribute("data-connected", "true")
    expect(page.locator(".synthetic")).to_contain_text("合成数据")
    assert any("/tiles/" in url for url in opened.requests)
    assert opened.foreign_requests() == []
    assert opened.errors == []


def test_click_answers_with_the_leaf_that_locate_names(console, located):
    opened = console()
    page = opened.open(f"/{view_of(located)}")
    page.mouse.click(450, 300)
    article = page.locator("#answer article")
    expect(article).to_have_attribute("data-code", located["placement"]["unit"]["code"])
    expect(article).to_have_attribute("data-version", str(located["version"]))
    expect(article).to_contain_text(located["assignment"]["party"]["name"])
    for unit in located["placement"]["chain"]:
        expect(page.locator("#answer")).to_contain_text(unit["name"])
    lon, lat = parse_qs(urlsplit(page.url).query)["point"][0].split(",")
    twin = httpx2.get(f"{opened.base}/locate", params={"lon": lon, "lat": lat}).json()
    assert twin["placement"]["unit"]["code"] == located["placement"]["unit"]["code"]


def test_search_by_pinyin_goes_to_the_unit(console, located):
    street = next(u for u in located["placement"]["chain"] if u["level"] == "township")
    page = console().open()
    page.get_by_role("combobox").press_sequentially("".join(lazy_pinyin(street["name"])))
    page.get_by_role("option").filter(has_text=street["code"]).first.click()
    expect(page.locator("#answer article")).to_have_attribute("data-unit", street["code"])
    expect(page.locator("#status")).to_contain_text(street["name"])


def test_keyboard_alone_asks_and_closes(console, located):
    page = console().open(f"/{view_of(located)}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    canvas = page.locator("#map canvas")
    expect(canvas).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#answer article")).to_have_attribute(
        "data-code", located["placement"]["unit"]["code"]
    )
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_be_hidden()


def test_language_and_night_are_switched_and_remembered(console):
    page = console().open()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zhengzhou Grid Map")
    page.get_by_role("button", name="Switch to the night map").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-state", "ready")
    expect(page.locator("html")).to_have_attribute("data-theme", "night")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".synthetic")).to_contain_text("Synthetic data")


def test_an_inaccurate_fix_is_a_disc_with_its_candidates(console, located):
    point = located["point"]
    asked = {**point, "accuracy_m": 60}
    opened = console(locale="en-GB")
    answer = httpx2.get(f"{opened.base}/locate", params=asked).json()
    page = opened.open(f"/?point={point['lon']},{point['lat']}&accuracy=60")
    rows = page.locator(".candidates li")
    expect(rows).to_have_count(len(answer["candidates"][:12]))
    expect(rows.first).to_have_attribute("data-code", answer["candidates"][0]["code"])
    expect(page.locator(".decision")).to_contain_text("may be off by 60 m")
    expect(page.locator(".border-tag")).to_contain_text("m")
    page.locator("#accuracy").fill("0")
    page.locator("#accuracy").press("Enter")
    expect(page.locator(".decision")).to_have_attribute("data-decision", "sure")
    expect(rows).to_have_count(0)
    assert "accuracy" not in page.url
    assert opened.errors == []


def test_the_map_is_coloured_by_a_topic_with_classes_in_its_legend(console):
    opened = console(viewport={"width": 1200, "height": 700})
    page = opened.open()
    with page.expect_response(lambda r: "/tiles/" in r.url and "theme" in r.url and r.ok):
        page.get_by_role("radio", name="户数密度").check()
    expect(page.locator("#legend")).to_contain_text("户/km²")
    assert "topic=households" in page.url
    page.get_by_label("道路、铁路与围墙").uncheck()
    page.get_by_role("button", name="切换到夜间地图").click()
    expect(page.locator("#legend")).to_contain_text("户/km²")
    assert "hide=roads" in page.url
    assert opened.foreign_requests() == opened.errors == []


def test_narrow_screen_shows_search_and_answer_and_never_scrolls_sideways(console, located):
    point = located["point"]
    opened = console(viewport={"width": 360, "height": 640}, has_touch=True)
    page = opened.open(f"/?point={point['lon']},{point['lat']}")
    expect(page.locator("#answer article")).to_have_attribute(
        "data-code", located["placement"]["unit"]["code"]
    )
    expect(page.get_by_role("combobox")).to_be_in_viewport()
    expect(page.get_by_role("heading", level=2).first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_point_outside_the_city_is_said_with_the_nearest_unit(console, live_server):
    far = {"lon": 114.9, "lat": 34.1}
    answer = httpx2.get(f"{live_server.rstrip('/')}/locate", params=far).json()
    page = console(locale="en-GB").open("/?point=114.9,34.1")
    article = page.locator("#answer article")
    expect(article).to_have_attribute("data-code", "")
    expect(article).to_contain_text("Outside the city")
    expect(article).to_contain_text(answer["placement"]["nearest"]["name"])


def test_new_version_is_told_and_tiles_and_answer_are_asked_again(console, located):
    point = located["point"]
    opened = console()
    page = opened.open(f"/?point={point['lon']},{point['lat']}")
    expect(page.locator("#answer article")).to_be_visible()
    opened.requests.clear()

    def next_head(route: Route) -> None:
        body = route.fetch().json()
        route.fulfill(body=json.dumps({**body, "head": body["head"] + 1}))

    with page.expect_request("**/locate?*"), page.expect_request("**/tiles/city/**"):
        page.route("**/versions?*", next_head)
    expect(page.locator("#status")).to_contain_text(f"第 {located['version'] + 1} 版")
    expect(page.locator("#version")).to_have_attribute("data-head", str(located["version"] + 1))
