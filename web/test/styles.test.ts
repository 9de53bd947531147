import { readFileSync } from "node:fs";
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
import type { StyleSpecification } from "maplibre-gl";
import { describe, expect, it } from "vitest";
import { dictionaries } from "../src/i18n";
import { GROUPS, legendOf, type StyleMeta } from "../src/legend";
import { pickTheme } from "../src/theme";

const read = (name: string) =>
  JSON.parse(readFileSync(`../tiles/styles/${name}.json`, "utf8")) as StyleSpecification;
const KEYED = ["devices", "events"];
const styles = { day: read("day"), night: read("night") };

describe.each(Object.entries(styles))("the %s style", (name, style) => {
  it("is valid", () => {
    expect(validateStyleMin(style)).toEqual([]);
  });

  it("asks nothing of another origin", () => {
    expect(JSON.stringify(style)).not.toMatch(/https?:/);
    expect([style.sprite, style.glyphs]).toEqual([`/sprites/${name}`, "/glyphs/{fontstack}/{range}.pbf"]);
  });

  it("puts every layer in a group that the console knows", () => {
    for (const layer of style.layers) {
      const group = (layer.metadata as StyleMeta)["gridgeo:group"] ?? "";
      expect(["base", ...GROUPS, ...KEYED], layer.id).toContain(group);
    }
  });

  it("shows what needs a key only when it is switched on", () => {
    for (const layer of style.layers) {
      const keyed = KEYED.includes((layer.metadata as StyleMeta)["gridgeo:group"] ?? "");
      expect(layer.layout?.visibility === "none", layer.id).toBe(keyed);
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

it("the theme comes from the link, then the stored choice, then the system", () => {
  expect(pickTheme("?theme=night", "day", false)).toBe("night");
  expect(pickTheme("", "day", true)).toBe("day");
  expect(pickTheme("?theme=pink", null, true)).toBe("night");
});
