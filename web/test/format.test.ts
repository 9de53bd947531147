import { expect, it } from "vitest";
import { showArea, showCode, showInstant, showMetres } from "../src/format";

it("metres carry only the digits that mean something", () => {
  expect(showMetres(0.4231, "en")).toBe("0.42 m");
  expect(showMetres(8.26, "zh")).toBe("8.3 米");
  expect(showMetres(141.7, "en")).toBe("142 m");
  expect(showMetres(3149, "zh")).toBe("3.1 公里");
});

it("areas change to square kilometres at a million square metres", () => {
  expect(showArea(9_876.4, "en")).toBe("9,876 m²");
  expect(showArea(2_345_678, "zh")).toBe("2.35 km²");
});

it("codes are grouped as 6 + 3 + 3 and other codes are left alone", () => {
  expect(showCode("410105007001007004")).toBe("410105 007 001 007 004");
  expect(showCode("410105")).toBe("410105");
  expect(showCode("ward 3")).toBe("ward 3");
});

it("instants are told in the city's time", () => {
  expect(showInstant("2026-06-30T16:30:00Z", "en")).toBe("1 Jul 2026, 00:30");
  expect(showInstant("2026-07-01T08:05:00+08:00", "zh")).toContain("2026/7/1 08:05");
  expect(showInstant("not a time", "en")).toBe("not a time");
});
