// @vitest-environment jsdom
import { expect, it, vi } from "vitest";
import { answerCard, type AnswerPorts, sentence, unitCard, why } from "../src/answer";
import type { Located, Unit } from "../src/api";

const unit = { code: "410105007001007004", level: "micro_grid", name: "红旗路 7-4" } as const;
const district = { code: "410105", level: "district", name: "金水区" } as const;

const inside: Located = {
  point: { lon: 113.7, lat: 34.8 },
  placement: {
    unit,
    chain: [district, unit],
    exclusive: [{ code: "X1", name: "花园路商圈" }],
    border: { distance_m: 0.8, point: [113.70001, 34.8], neighbour: { ...unit, code: "410105007001007005", name: "红旗路 7-5" } },
    reason: null,
    nearest: null,
  },
  assignment: {
    party: { code: "P-1", name: "<b>街道</b>办事处", kind: "office", contact: "0371-0000" },
    co_handlers: [{ code: "P-2", name: "商圈管理处", kind: "office", contact: "" }],
    rule: { id: 17, rule_set: 1, scope: "410105007" },
    reason: "territorial_fallback",
    fallback: true,
  },
  decision: "ask",
  candidates: [{ ...unit, probability: 0.62 }],
  version: 3,
  valid_from: "2026-07-01T08:00:00+08:00",
};

const outside: Located = {
  ...inside,
  placement: {
    unit: null,
    chain: [],
    exclusive: [],
    border: null,
    reason: "outside_city",
    nearest: { ...unit, distance_m: 1234 },
  },
  decision: "sure",
  candidates: [],
};

const ports = (): AnswerPorts => ({ setAccuracy: vi.fn(), showUnit: vi.fn(), copyLink: vi.fn(), copyCurl: vi.fn(), close: vi.fn() });

it("the card names the micro-grid, its code, chain, party, border, doubt and version", () => {
  const card = answerCard(inside, 0, "en", ports());
  const text = card.textContent;
  expect(card.dataset).toMatchObject({ code: unit.code, version: "3" });
  for (const words of [unit.name, "410105 007 001 007 004", "金水区", "0371-0000", "0.8 m", "红旗路 7-5", "花园路商圈", "62 %", "Version 3", "商圈管理处", "rule set 1"]) {
    expect(text).toContain(words);
  }
});

it("a name from the data is never read as markup", () => {
  const card = answerCard(inside, 0, "zh", ports());
  expect(card.querySelector("b")).toBeNull();
  expect(card.querySelector(".party")?.textContent).toBe("<b>街道</b>办事处");
});

it("outside the city the card says so and leads to the nearest unit", () => {
  const asked = ports();
  const card = answerCard(outside, 0, "zh", asked);
  expect(card.dataset.code).toBe("");
  expect(card.textContent).toContain("不在本市范围内");
  expect(card.textContent).toContain("1.2 公里");
  card.querySelector<HTMLButtonElement>("button.link")?.click();
  expect(asked.showUnit).toHaveBeenCalledWith(unit.code);
  expect(sentence(outside, 0, "en")).toContain("outside the city");
});

it("a link of the chain opens that unit", () => {
  const asked = ports();
  answerCard(inside, 0, "en", asked).querySelector<HTMLButtonElement>(".chain button")?.click();
  expect(asked.showUnit).toHaveBeenCalledWith("410105");
});

it("a known reason is put into words, an unknown one is passed on", () => {
  expect(why(inside, "en")).toContain("territory");
  const odd = { ...inside, assignment: { ...inside.assignment, reason: "by decree" } };
  expect(why(odd, "en")).toBe("by decree");
});

it("the sentence read aloud names the grid and the party, and the doubt if there is any", () => {
  const whose = "此处属于 红旗路 7-4，由 <b>街道</b>办事处 负责。";
  expect(sentence({ ...inside, decision: "sure" }, 0, "zh")).toBe(whose);
  expect(sentence(inside, 25, "en")).toContain("25 m");
  expect(sentence(inside, 25, "en")).toContain("possible grids: 1");
});

it("a unit's card tells households and area, and of the topmost unit no parent", () => {
  const bare: Unit = { ...district, parent_code: null, is_leaf: false, households: 1234, area_m2: 2_000_000, bbox: [1, 2, 3, 4], geometry: { type: "Polygon", coordinates: [] } };
  const card = unitCard(bare, "en", ports());
  expect(card.textContent).toContain("2 km²");
  expect(card.textContent).toContain("1,234");
  expect(card.textContent).not.toContain("Parent");
});
