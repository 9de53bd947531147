/** Day or night. */

export type Theme = "day" | "night";

/** Link first, then what was chosen before, then the system's wish. */
export function pickTheme(search: string, stored: string | null, systemDark: boolean): Theme {
  for (const wish of [new URLSearchParams(search).get("theme"), stored]) {
    if (wish === "day" || wish === "night") return wish;
  }
  return systemDark ? "night" : "day";
}

export const other = (theme: Theme): Theme => (theme === "day" ? "night" : "day");

export const styleUrl = (theme: Theme): string => `/styles/${theme}.json`;
