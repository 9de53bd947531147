import { describe, expect, it } from "vitest";
import { onLattice, readPoint, showPoint } from "../src/coords";

describe("readPoint", () => {
  it.each([
    "113.65,34.75",
    "113.65, 34.75",
    "113.65,34.75",
    "113.65 34.75",
    "(113.65, 34.75)",
    " 113.65;34.75 ",
  ])("reads %j as lon, lat", (text) => {
    expect(readPoint(text)).toEqual({ point: { lon: 113.65, lat: 34.75 }, swapped: false });
  });

  it("puts latitude-first right and says so", () => {
    expect(readPoint("34.75, 113.65")).toEqual({ point: { lon: 113.65, lat: 34.75 }, swapped: true });
  });

  it("believes the letters and then has nothing to say", () => {
    expect(readPoint("34.75°N 113.65°E")).toEqual({ point: { lon: 113.65, lat: 34.75 }, swapped: false });
    expect(readPoint("33.9S, 18.4E")?.point).toEqual({ lon: 18.4, lat: -33.9 });
    expect(readPoint("113.65E 34.75N")?.swapped).toBe(false);
  });

  it.each(["", "花园路", "410105001", "113.65", "113.65,200", "200,300", "1,2,3", "34.75N 190E"])(
    "refuses %j",
    (text) => {
      expect(readPoint(text)).toBeNull();
    },
  );
});

describe("onLattice", () => {
  it("keeps seven decimals and is idempotent", () => {
    const once = onLattice({ lon: 113.649999999999, lat: 34.123456789 });
    expect(once).toEqual({ lon: 113.65, lat: 34.1234568 });
    expect(onLattice(once)).toEqual(once);
  });
});

it("a shown point reads back as itself", () => {
  const point = { lon: 113.651234, lat: 34.754321 };
  expect(readPoint(showPoint(point))?.point).toEqual(point);
});
