"""An exported page in a real browser: given out by a server that knows files and ranges only."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from databases import cloned
from playwright.sync_api import expect

from gridgeo.app import catalogue
from gridgeo.settings import ROOT
from gridgeo.tiles.packs.export import House, export
from gridgeo.tiles.packs.order import Order

PATIENCE_MS = 60_000


class Files(SimpleHTTPRequestHandler):
    """Files of a folder, whole or by range, as nginx gives them out."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if asked is None or not path.is_file():
            super().do_GET()
            return
        content = path.read_bytes()
        first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(content[first : last + 1])

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def folder(cluster, tiny_template, tmp_path_factory):
    """The folder that holds the exported page in a folder of its own."""
    root = tmp_path_factory.mktemp("www")
    known = catalogue(ROOT / "tiles")
    with cloned(cluster, tiny_template.template) as dsns:
        house = House(dsns.reader, root, ROOT / "tiles", ROOT / "web" / "dist")
        order = Order(root / "grid", known.choose("city"), 6, 16, page=True)
        export(house, known, order, lambda text, fraction=None: None)
    return root


@pytest.fixture
def site(folder):
    """URL of the page, given out under a path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/grid/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser, site):
    """A page that fails the test when it logs an error or asks anybody else."""
    context = browser.new_context(
        viewport={"width": 900, "height": 600}, locale="zh-CN", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    errors, asked = [], []
    context.on("request", lambda request: asked.append(request.url))
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield opened
    context.close()
    hosts = {urlsplit(url).netloc for url in asked if url.startswith("http")}
    assert (errors, hosts) == ([], {urlsplit(site).netloc})


@pytest.mark.full
def test_the_exported_page_draws_the_map_and_a_click_says_whose_it_is(page, site, tiny_template):
    leaf = next(leaf for leaf in tiny_template.made.leaves if leaf.level == "micro_grid")
    place = leaf.shape.representative_point()
    page.goto(f"{site}#16/{place.y:.6f}/{place.x:.6f}")
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)
    page.locator("#ask-centre").click()
    expect(page.locator("#answer")).to_contain_text(leaf.name, timeout=PATIENCE_MS)
