"""The console in a real browser: the system's Chromium, headless, drawing WebGL in software."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

ARGUMENTS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 60_000


def chromium() -> str:
    """Return the path of the system's Chromium, or fail with the command that installs it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("No Chromium for the console's tests: sudo apt-get install -y chromium")
    return found


@dataclass
class Console:
    """One open page of the console, and what it did behind the scenes."""

    page: Page
    base: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Open a path of the console and wait until its first view is drawn."""
        self.page.goto(self.base + path)
        expect(self.page.locator("html")).to_have_attribute("data-state", "ready")
        return self.page

    def foreign_requests(self) -> list[str]:
        """Return what was asked of any other origin."""
        own = urlsplit(self.base).netloc
        hosts = ((url, urlsplit(url)) for url in self.requests)
        return [url for url, at in hosts if at.scheme.startswith("http") and at.netloc != own]

    def watch(self) -> None:
        """Collect errors and requests of the page and its workers."""

        def note(request: Request) -> None:
            self.requests.append(request.url)

        self.page.context.on("request", note)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.errors.append(said.text) if said.type == "error" else None,
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of the console."""
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def console(browser: Browser, live_server: str) -> Iterator[Callable[..., Console]]:
    """Make a console in a browser context of its own, on the small city or on `base`."""
    contexts = []

    def make(base: str = live_server, **wishes: object) -> Console:
        size = {"width": 900, "height": 600}
        defaults = {"viewport": size, "locale": "zh-CN", "reduced_motion": "reduce"}
        context = browser.new_context(**{**defaults, **wishes})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        made = Console(context.new_page(), base.rstrip("/"))
        made.watch()
        return made

    expect.set_options(timeout=PATIENCE_MS)
    yield make
    for context in contexts:
        for page in context.pages:  # a request that a test answers itself may be on its way
            page.unroute_all(behavior="ignoreErrors")
        context.close()


@pytest.fixture
def located(live_server: str) -> dict:
    """The answer of `/locate` for some point well inside a micro-grid of the demo city."""
    base = live_server.rstrip("/")
    west, south, east, north = httpx2.get(f"{base}/tiles/micro_grid.json").json()["bounds"]
    for down, along in product((0.5, 0.4, 0.6, 0.3, 0.7), repeat=2):
        point = {
            "lon": round(west + (east - west) * along, 5),
            "lat": round(south + (north - south) * down, 5),
        }
        answer = httpx2.get(f"{base}/locate", params=point).json()
        unit = answer["placement"]["unit"]
        if (
            unit
            and unit["level"] == "micro_grid"
            and answer["placement"]["border"]["distance_m"] > 5
        ):
            return answer
    raise AssertionError("no micro-grid found near the middle of the demo city")
