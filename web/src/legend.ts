/** Layer switches, the chooser of what the map is coloured by, and the legend from the style's metadata. */
import { byId, element } from "./dom";
import { dictionaries, type Key, type Lang, say } from "./i18n";
import type { StyleName } from "./theme";

export interface LegendRow {
  key: string;
  shape: "line" | "fill" | "hatch" | "dot";
  color: string;
  minzoom: number;
  maxzoom?: number;
  /** Words of the style's own, where the console has none for the key: the class of a value. */
  label?: Partial<Record<Lang, string>>;
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

/** The groups that the server shows only to a key that may see them; the style has them off. */
export const SENSITIVE = ["devices", "events"] as const;

export type Sensitive = (typeof SENSITIVE)[number];
export type Group = (typeof GROUPS)[number] | Sensitive;

/** The rows of a style that are drawn at a zoom. */
export function legendOf(meta: StyleMeta, zoom: number): LegendRow[] {
  return (meta["gridgeo:legend"] ?? []).filter(
    (row) => row.minzoom <= zoom && zoom < (row.maxzoom ?? Infinity),
  );
}

function legendWords(row: LegendRow, lang: Lang): string {
  const own = row.label?.[lang] ?? row.label?.zh;
  if (own !== undefined) return own;
  const key = `legend.${row.key}`;
  return key in dictionaries[lang] ? say(lang, key as Key) : row.key;
}

export function drawLegend(rows: LegendRow[], lang: Lang, list = byId("legend")): void {
  const items = rows.map((row) => {
    const swatch = element("i", { class: `swatch ${row.shape}` });
    swatch.style.setProperty("--swatch", row.color);
    return element("li", {}, swatch, legendWords(row, lang));
  });
  if (list.id === "legend") byId("legend-note").hidden = !rows.some((row) => row.key === "households_ok");
  list.classList.toggle("classes", rows.some((row) => row.label !== undefined));
  list.replaceChildren(...items);
}

export interface Switches {
  /** The groups on offer, and those of them that are on. */
  offered: readonly Group[];
  on: (group: Group) => boolean;
  turn: (group: Group, visible: boolean) => void;
}

export function drawToggles({ offered, on, turn }: Switches, lang: Lang): void {
  const rows = offered.map((group) => {
    const box = element("input", { attrs: { type: "checkbox", name: group } });
    box.checked = on(group);
    box.addEventListener("change", () => { turn(group, box.checked); });
    return element("label", {}, box, element("span", { text: say(lang, `layers.${group}`) }));
  });
  byId("toggles").replaceChildren(...rows);
}

/** Draws the chooser of what the map is coloured by; null is the plain map. */
export function drawTopics(
  topics: StyleName[], chosen: string | null, lang: Lang, choose: (topic: string | null) => void, enabled: boolean,
): void {
  const rows = [null, ...topics].map((topic) => {
    const box = element("input", { attrs: { type: "radio", name: "topic", value: topic?.name ?? "" } });
    box.checked = (topic?.name ?? null) === chosen;
    box.disabled = !enabled;
    box.addEventListener("change", () => { choose(topic?.name ?? null); });
    const key = `topic.${topic?.name ?? "plain"}`;
    const words = key in dictionaries[lang] ? say(lang, key as Key) : topic?.[lang] ?? "";
    return element("label", {}, box, element("span", { text: words }));
  });
  const focused = document.activeElement?.getAttribute("name") === "topic";
  byId("topics").replaceChildren(...rows);
  if (focused) byId("topics").querySelector<HTMLInputElement>(":checked")?.focus();
}
