"""The API reference renders from our own files, in a network without any other host."""

from playwright.sync_api import expect


def test_reference_lists_the_endpoints_and_asks_no_other_origin(console):
    opened = console()
    opened.page.goto(f"{opened.base}/docs")
    expect(opened.page.locator(".opblock-summary-path").first).to_be_visible()
    expect(opened.page.locator("body")).to_contain_text("/locate")
    assert opened.foreign_requests() == []
    assert opened.errors == []
