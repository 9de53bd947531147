import { expect, it } from "vitest";
import { hasFigures, styleName, topicsOf } from "../src/theme";
import { versionOn } from "../src/time";

const version = (number: number, valid_from: string) => ({ version: number, valid_from, note: "", document_no: null });
const VERSIONS = [version(1, "2026-03-01T15:00:00Z"), version(2, "2026-03-01T17:00:00Z"), version(3, "2026-05-01T00:00:00Z")];

it("the map of a day is the last one of it by the city's clock, or of the days before", () => {
  expect(versionOn(VERSIONS, "2026-02-28")).toBeNull();
  expect(versionOn(VERSIONS, "2026-03-01")?.version).toBe(1);
  expect(versionOn(VERSIONS, "2026-03-02")?.version).toBe(2);
  expect(versionOn(VERSIONS, "2026-04-30")?.version).toBe(2);
  expect(versionOn(VERSIONS, "2027-01-01")?.version).toBe(3);
});

const named = ["day", "night", "households", "households_night", "noise"].map((name) => ({ name, zh: name, en: name }));

it("topics are the styles that are no variant for the night", () => {
  expect(topicsOf(named).map(({ name }) => name)).toEqual(["households", "noise"]);
});

it("a topic has its own night where there is one; an unknown topic is the plain map", () => {
  expect(styleName(named, "households", "night")).toBe("households_night");
  expect(styleName(named, "noise", "night")).toBe("noise");
  expect(styleName(named, "gone", "night")).toBe("night");
  expect(styleName([], null, "day")).toBe("day");
});

it("figures are of the live map only", () => {
  expect(hasFigures({ at: null, planned: false })).toBe(true);
  expect(hasFigures({ at: 3, planned: false })).toBe(false);
  expect(hasFigures({ at: null, planned: true })).toBe(false);
});
