import { expect, it } from "vitest";
import { boxOf, disc, discBox, metresPerDegree } from "../src/geo";

const CENTRE = { lon: 113.64, lat: 34.72 };

it("a degree is as long as the ellipsoid says at 35° north", () => {
  const degree_m = metresPerDegree(35);
  expect(degree_m.lon).toBeCloseTo(91_288.06, 0);
  expect(degree_m.lat).toBeCloseTo(110_940.9, 0);
});

it("a disc is closed, counter-clockwise, and lies within its box", () => {
  const [ring = []] = disc(CENTRE, 25).coordinates;
  const [west, south, east, north] = discBox(CENTRE, 25);
  expect(ring[0]).toEqual(ring.at(-1));
  for (const [lon = 0, lat = 0] of ring) {
    expect(lon >= west && lon <= east && lat >= south && lat <= north).toBe(true);
  }
  const turns = ring.slice(1).map(([x = 0, y = 0], i) => (ring[i]?.[0] ?? 0) * y - x * (ring[i]?.[1] ?? 0));
  expect(turns.reduce((sum, turn) => sum + turn, 0)).toBeGreaterThan(0);
});

it("the box of shapes holds all their corners, and there is none of nothing", () => {
  const shape = (from: number): GeoJSON.Polygon => ({ type: "Polygon", coordinates: [[[from, 1], [from + 1, 1], [from, 3], [from, 1]]] });
  expect(boxOf([shape(5), shape(2)])).toEqual([2, 1, 6, 3]);
  expect(boxOf([])).toBeNull();
});
