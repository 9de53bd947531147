/** Day or night, and what the map is coloured by. */

export type Theme = "day" | "night";

/** Link first, then what was chosen before, then the system's wish. */
export function pickTheme(search: string, stored: string | null, systemDark: boolean): Theme {
  for (const wish of [new URLSearchParams(search).get("theme"), stored]) {
    if (wish === "day" || wish === "night") return wish;
  }
  return systemDark ? "night" : "day";
}

export const other = (theme: Theme): Theme => (theme === "day" ? "night" : "day");

/** A style as the server lists it. */
export interface StyleName {
  name: string;
  zh: string;
  en: string;
}

const NIGHT = /[-_]night$/;

/** What the map may be coloured by beside the plain map: styles that are no variant for the night. */
export function topicsOf(styles: StyleName[]): StyleName[] {
  return styles.filter(({ name }) => name !== "day" && name !== "night" && !NIGHT.test(name));
}

/** Whether the map can be coloured by figures: there are none but those of the live map. */
export const hasFigures = (shown: { at: number | null; planned: boolean }): boolean =>
  shown.at === null && !shown.planned;

/** The style that shows a topic by day or by night; of an unknown topic the plain map. */
export function styleName(styles: StyleName[], topic: string | null, theme: Theme): string {
  if (!styles.some(({ name }) => name === topic)) return theme;
  const night = styles.find(({ name }) => NIGHT.test(name) && name.replace(NIGHT, "") === topic);
  return theme === "night" && night ? night.name : (topic ?? theme);
}

/** Colours of what the console draws itself, for its legend and the map alike. */
export const PLAN_COLOURS: Record<Theme, { unit: string; gone: string; moved: string }> = {
  day: { unit: "#6a1fb0", gone: "#b3261e", moved: "#b06bff" },
  night: { unit: "#d3a8ff", gone: "#ff8a80", moved: "#a35cff" },
};
