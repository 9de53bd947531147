// @vitest-environment jsdom
import { expect, it } from "vitest";
import { drawnCard, drawnSentence } from "../src/drawncard";
import { beside, inOrder, isOffline, matching, unsure_m } from "../src/offline";

const tile = (level: string, code: string, leaf = false) => ({ properties: { level, code, name: `n${code}`, leaf } });
const label = (code: string, name: string): GeoJSON.Feature => ({
  type: "Feature",
  properties: { code, name, level: "grid" },
  geometry: { type: "Point", coordinates: [113.6, 34.7] },
});

it("a page is offline only when its head says so", () => {
  expect(isOffline(document)).toBe(false);
  document.head.innerHTML = '<meta name="gridgeo-offline" content="config.json">';
  expect(isOffline(document)).toBe(true);
});

it("files lie beside the page, also when a style names them from the root", () => {
  expect(beside("/sprites/day")).toBe(new URL("sprites/day", document.baseURI).href);
});

it("units of a point come once each, from the coarsest level down; what is no unit is left out", () => {
  const found = inOrder([tile("micro_grid", "9", true), tile("district", "1"), tile("micro_grid", "9", true), { properties: null }, tile("road", "5")]);
  expect(found.map((unit) => unit.code)).toEqual(["1", "9"]);
  expect(found[1]?.leaf).toBe(true);
});

it("a tile is trusted beyond a pixel and a half, at the deepest zoom there is", () => {
  expect(unsure_m(16, 16, 0)).toBe(2);
  expect(unsure_m(20, 16, 0)).toBe(2);
  expect(unsure_m(12, 16, 0)).toBe(29);
});

it("names in view are found by a part of the name or the beginning of the code", () => {
  const names = [label("41", "铁英社区"), label("42", "康复社区"), label("41", "铁英社区")];
  expect(matching("铁英", names).map((row) => row.code)).toEqual(["41"]);
  expect(matching("4", names)).toHaveLength(2);
  expect(matching("x", names)).toEqual([]);
});

it("the card of the drawn map says how far to trust it, and where the map ends", () => {
  const drawn = { point: { lon: 1, lat: 2 }, units: inOrder([tile("district", "1"), tile("micro_grid", "9", true)]), unsure_m: 2, version: 3 };
  const card = drawnCard(drawn, "en", { close: () => undefined });
  expect(card.dataset).toMatchObject({ code: "9", version: "3" });
  expect(card.textContent).toContain("within 2 m are not sure");
  expect(drawnSentence({ ...drawn, units: [] }, "en")).toContain("no grid");
});
