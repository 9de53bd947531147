"""What a program can tell of WCAG 2.1 A and AA: contrast, names, roles, order. axe-core looks.

It sees the page about the map, not the map's own drawing, which is one picture to it.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 800}


def violations(page: Page) -> list[str]:
    """Return what is broken on a page as it stands: the rule, the place and why."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("levels => axe.run(document, {runOnly: levels})", LEVELS)
    return [
        f"{broken['id']}: {node['target']} {node['failureSummary']}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


@pytest.mark.parametrize(
    ("scheme", "size", "locale"),
    [("light", WIDE, "zh-CN"), ("dark", NARROW, "en-GB")],
    ids=["day", "night, narrow"],
)
def test_no_rule_is_broken_with_an_answer_and_with_any_tool_open(
    console, located, scheme, size, locale
):
    lon, lat = located["point"].values()
    page = console(color_scheme=scheme, viewport=size, locale=locale).open(
        f"/?point={lon},{lat}#17/{lat}/{lon}"
    )
    expect(page.locator("#answer article")).to_be_visible()
    assert violations(page) == []
    for tool in ("layers", "time", "plans"):
        page.locator(f"#{tool}").evaluate("tool => { tool.open = true }")
        expect(page.locator(f"#{tool} .tool-body")).to_be_visible()
        assert violations(page) == []
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert [one.partition(":")[0] for one in violations(page)] == ["label"]
