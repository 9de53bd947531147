// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from "vitest";
import type { SearchResult } from "../src/api";
import { say as sayIn } from "../src/i18n";
import { choiceOf, choicesFromText, nextRow, SearchBox } from "../src/search";

const say = (key: Parameters<typeof sayIn>[1], values?: Parameters<typeof sayIn>[2]) => sayIn("en", key, values);
const street: SearchResult = {
  kind: "unit",
  code: "410105002",
  name: "花园路街道",
  level: "township",
  detail: "金水区",
  lon: 113.7,
  lat: 34.8,
  bbox: [113.6, 34.7, 113.8, 34.9],
};

beforeEach(() => {
  document.body.innerHTML =
    '<form id="search"><input id="query"><button type="button" id="clear"></button><ul id="results" hidden></ul><p id="no-results" hidden></p></form><p id="status"></p>';
});

it("a result tells its level, code and where it is", () => {
  expect(choiceOf(street, say).detail).toBe("Township · 410105002 · 金水区");
  expect(choiceOf({ ...street, kind: "place", level: null, code: null, detail: "" }, say).detail).toBe("Place");
  expect(choiceOf({ ...street, kind: "exclusive_grid", level: null }, say).detail).toContain("Exclusive grid · 410105002");
});

it("typed coordinates are a choice of their own, with a hint when latitude came first", () => {
  expect(choicesFromText("113.7,34.8", say)).toMatchObject([{ detail: "longitude, latitude", result: null }]);
  expect(choicesFromText("34.8,113.7", say)[0]?.detail).toContain("Latitude came first");
  expect(choicesFromText("huayuan", say)).toEqual([]);
});

it("moving through the rows goes round", () => {
  expect(nextRow(-1, 1, 3)).toBe(0);
  expect(nextRow(-1, -1, 3)).toBe(2);
  expect(nextRow(2, 1, 3)).toBe(0);
  expect(nextRow(0, 1, 0)).toBe(-1);
});

function press(input: HTMLInputElement, key: string): void {
  input.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

it("typing, an arrow and Enter choose a result, and the combobox says so", async () => {
  vi.useFakeTimers();
  Element.prototype.scrollIntoView = vi.fn();
  const choose = vi.fn();
  new SearchBox({ find: () => Promise.resolve([street]), choose, say, explain: String });
  const input = document.querySelector("input") as HTMLInputElement;
  input.value = "huayuanlu";
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
  expect(input.getAttribute("aria-expanded")).toBe("true");
  press(input, "ArrowDown");
  expect(input.getAttribute("aria-activedescendant")).toBe("result-0");
  document.querySelector("form")?.requestSubmit();
  await vi.advanceTimersByTimeAsync(0);
  expect(choose).toHaveBeenCalledWith(expect.objectContaining({ result: street }));
  expect(input.getAttribute("aria-expanded")).toBe("false");
  vi.useRealTimers();
});

it("no result and a failing search are both said in words", async () => {
  vi.useFakeTimers();
  const find = vi.fn(() => Promise.resolve<SearchResult[]>([]));
  new SearchBox({ find, choose: vi.fn(), say, explain: () => "down" });
  const input = document.querySelector("input") as HTMLInputElement;
  input.value = "xyz";
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
  expect(document.getElementById("status")?.textContent).toContain("Nothing found");
  find.mockRejectedValueOnce(new Error("no"));
  input.dispatchEvent(new Event("input"));
  await vi.advanceTimersByTimeAsync(300);
  expect(document.getElementById("no-results")?.textContent).toBe("The search failed: down");
  vi.useRealTimers();
});
