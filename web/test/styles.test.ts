import { readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import type { StyleSpecification } from "maplibre-gl";
import { describe, expect, it } from "vitest";
import { hatchOf } from "../src/hatch";
import { dictionaries } from "../src/i18n";
import { GROUPS, legendOf, type StyleMeta } from "../src/legend";
import { pickTheme } from "../src/theme";

const read = (name: string) =>
  JSON.parse(readFileSync(`../tiles/styles/${name}.json`, "utf8")) as StyleSpecification;
const styles = { day: read("day"), night: read("night") };

describe.each(Object.entries(styles))("the %s style", (name, style) => {
  it("is valid", () => {
    expect(validateStyleMin(style)).toEqual([]);
  });

  it("asks nothing of another origin", () => {
    expect(JSON.stringify(style)).not.toMatch(/https?:|"glyphs"|"sprite"/);
  });

  it("puts every layer in a group that the console knows", () => {
    for (const layer of style.layers) {
      const group = (layer.metadata as StyleMeta)["gridgeo:group"] ?? "";
      expect(["base", ...GROUPS], layer.id).toContain(group);
    }
  });

  it("has a legend whose every row has words, and says its theme", () => {
    const meta = style.metadata as StyleMeta & Record<string, unknown>;
    expect(meta["gridgeo:theme"]).toBe(name);
    const rows = legendOf(meta, 24);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(Object.keys(dictionaries.zh)).toContain(`legend.${row.key}`);
    expect(legendOf(meta, 9).length).toBeLessThan(rows.length);
  });

  it("fills the ground with exactly one level at every zoom", () => {
    const fills = style.layers.filter((layer) => /^(district|township|community|grid|micro_grid)-fill$/.test(layer.id));
    for (let zoom = 6; zoom <= 20; zoom += 0.25) {
      const shown = fills.filter((layer) => (layer.minzoom ?? 0) <= zoom && zoom < (layer.maxzoom ?? 25));
      expect(shown.length, `zoom ${zoom}`).toBe(1);
    }
  });
});

it("day and night draw the same layers in the same order", () => {
  expect(styles.night.layers.map((layer) => layer.id)).toEqual(styles.day.layers.map((layer) => layer.id));
});

it("a hatch repeats seamlessly and has the colour it is named after", () => {
  const hatch = hatchOf("hatch-b8560f");
  expect([...(hatch?.data.slice(0, 4) ?? [])]).toEqual([0xb8, 0x56, 0x0f, 255]);
  const inkedPerRow = Array.from({ length: 16 }, (_, y) =>
    Array.from({ length: 16 }, (_, x) => hatch?.data[(y * 16 + x) * 4 + 3]).filter((alpha) => alpha === 255).length,
  );
  expect(new Set(inkedPerRow)).toEqual(new Set([3]));
  expect(hatchOf("icon")).toBeNull();
});

it("the theme comes from the link, then the stored choice, then the system", () => {
  expect(pickTheme("?theme=night", "day", false)).toBe("night");
  expect(pickTheme("", "day", true)).toBe("day");
  expect(pickTheme("?theme=pink", null, true)).toBe("night");
});
