"""What is drawn at a pixel is whose `/locate` says the place is, but for a strip along borders."""

import math
from pathlib import Path

import httpx2
import numpy as np
import pytest
from playwright.sync_api import Route

MAPLIBRE = Path(__file__).parents[2] / "web" / "node_modules" / "maplibre-gl" / "dist"
EQUATOR_M = 40_075_016.68
STRIP_PX = 1.5
ZOOMS = (14, 15, 16)
IN_VIEW = 10
PAGE = """<!doctype html><title>map</title><div id="map" style="width: 880px; height: 560px"></div>
<script type="module">
import { Map, setWorkerUrl } from "/bare/maplibre-gl.mjs";
setWorkerUrl("/bare/maplibre-gl-worker.mjs");
const tiles = [`${location.origin}/tiles/micro_grid/{z}/{x}/{y}.mvt`];
const map = new Map({
  container: "map", zoom: 14, center: [113.6, 34.7], fadeDuration: 0,
  style: {
    version: 8,
    sources: { city: { type: "vector", tiles, minzoom: 12, maxzoom: 18 } },
    layers: [{ id: "unit", type: "fill", source: "city", "source-layer": "micro_grid" }],
  },
});
window.ask = async ({ zoom, center, points }) => {
  const idle = new Promise((done) => map.once("idle", done));
  map.jumpTo({ zoom, center });
  map.triggerRepaint();
  await idle;
  const codes = (at) => map.queryRenderedFeatures(at).map((found) => found.properties.code);
  return points.map((point) => [...new Set(codes(map.project(point)))]);
};
map.once("load", () => document.documentElement.setAttribute("data-state", "ready"));
</script>"""


@pytest.fixture
def bare(console):
    """A page with nothing on it but a map of micro-grids, at the address of the live server."""
    opened = console()

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name == "map.html":
            route.fulfill(content_type="text/html", body=PAGE)
        else:
            route.fulfill(content_type="text/javascript", path=MAPLIBRE / name)

    opened.page.context.route("**/bare/*", answer)
    opened.open("/bare/map.html")
    return opened


def metres_a_pixel(zoom, lat):
    """Ground under a pixel, 512 of them to a tile."""
    return EQUATOR_M * math.cos(math.radians(lat)) / 512 / 2**zoom


def views(base, chance, zoom):
    """Views without end: a centre, places in it that are off any border, and whose they are."""
    west, south, east, north = httpx2.get(f"{base}/tiles/micro_grid.json").json()["bounds"]
    while True:
        centre = np.array([chance.uniform(west, east), chance.uniform(south, north)])
        pixel_m = metres_a_pixel(zoom, centre[1])
        degrees = pixel_m * 360 / EQUATOR_M / np.array([math.cos(math.radians(centre[1])), 1])
        reach = np.array([430, 270]) * degrees
        points = (centre + chance.uniform(-reach, reach, (4 * IN_VIEW, 2))).round(7).tolist()
        sent = httpx2.post(f"{base}/locate", json={"points": points}, timeout=60)
        placed = [found["placement"] for found in sent.json()["results"]]
        known = [
            (point, found["unit"]["code"])
            for point, found in zip(points, placed, strict=True)
            if found["unit"] and found["border"]["distance_m"] > STRIP_PX * pixel_m
        ]
        if len(known) >= IN_VIEW:
            yield centre.tolist(), known[:IN_VIEW]


@pytest.mark.parametrize("number", [30, pytest.param(200, marks=pytest.mark.full)])
def test_feature_at_a_pixel_is_the_unit_that_locate_names(bare, number):
    chance, checked = np.random.default_rng(number), 0
    every = {zoom: views(bare.base, chance, zoom) for zoom in ZOOMS}
    while checked < number:
        for zoom, found in every.items():
            center, known = next(found)
            asked = {"zoom": zoom, "center": center, "points": [point for point, _ in known]}
            drawn = bare.page.evaluate("asked => ask(asked)", asked)
            assert drawn == [[code] for _, code in known], (zoom, center)
            checked += len(known)
    assert bare.errors == []
