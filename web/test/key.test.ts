// @vitest-environment jsdom
import { beforeEach, expect, it } from "vitest";
import { authorised, keepKey, keptKey } from "../src/key";

beforeEach(() => { keepKey("secret"); });

it("a key goes where one is needed, and nowhere else", () => {
  for (const path of ["/plans?limit=9", "/plans/3/diff/14/1/2.mvt", "/tiles/device/9/1/2.mvt", "/tiles/city,event/9/1/2.mvt", "/tiles/city/9/1/2.mvt?plan=3", "/styles/day.json?plan=3", "/devices?limit=1"]) {
    expect(authorised(path), path).toEqual({ Authorization: "Bearer secret" });
  }
  for (const path of ["/locate?lon=1&lat=2", "/tiles/city/9/1/2.mvt?at=1", "/styles/day.json", "/versions", "/planspiel"]) {
    expect(authorised(path), path).toEqual({});
  }
});

it("a key never goes to another origin", () => {
  expect(authorised("http://elsewhere.example/plans")).toEqual({});
  expect(authorised("//elsewhere.example/tiles/device/1/1/1.mvt")).toEqual({});
});

it("a key is kept for the tab only, and can be forgotten", () => {
  expect(localStorage.length).toBe(0);
  keepKey(null);
  expect(keptKey()).toBeNull();
  expect(authorised("/plans")).toEqual({});
});
