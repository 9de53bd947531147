/** Layer switches and legend. The legend's colours come from the style's own metadata. */
import { byId, element } from "./dom";
import { dictionaries, type Key, type Lang, say } from "./i18n";

export interface LegendRow {
  key: string;
  shape: "line" | "fill" | "hatch" | "dot";
  color: string;
  minzoom: number;
}

export interface StyleMeta {
  "gridgeo:group"?: string;
  "gridgeo:highlight"?: string;
  "gridgeo:legend"?: LegendRow[];
}

/** The groups a reader may switch, in the order they are listed. */
export const GROUPS = [
  "grids",
  "labels",
  "exclusive",
  "roads",
  "nature",
  "buildings",
  "places",
  "ponding",
] as const;

export type Group = (typeof GROUPS)[number];

export function legendOf(meta: StyleMeta, zoom: number): LegendRow[] {
  return (meta["gridgeo:legend"] ?? []).filter((row) => row.minzoom <= zoom);
}

function legendWords(row: LegendRow, lang: Lang): string {
  const key = `legend.${row.key}`;
  return key in dictionaries[lang] ? say(lang, key as Key) : row.key;
}

export function drawLegend(rows: LegendRow[], lang: Lang): void {
  const items = rows.map((row) => {
    const swatch = element("i", { class: `swatch ${row.shape}` });
    swatch.style.setProperty("--swatch", row.color);
    return element("li", {}, swatch, legendWords(row, lang));
  });
  byId("legend").replaceChildren(...items);
}

export function drawToggles(hidden: Set<string>, lang: Lang, onChange: (group: Group, visible: boolean) => void): void {
  const rows = GROUPS.map((group) => {
    const box = element("input", { attrs: { type: "checkbox", name: group } });
    box.checked = !hidden.has(group);
    box.addEventListener("change", () => { onChange(group, box.checked); });
    return element("label", {}, box, element("span", { text: say(lang, `layers.${group}`) }));
  });
  byId("toggles").replaceChildren(...rows);
}
