/** Numbers and times in words, by language. */
import type { Lang } from "./i18n";

const LOCALE: Record<Lang, string> = { zh: "zh-CN", en: "en-GB" };

export function showNumber(value: number, lang: Lang, digits = 0): string {
  return value.toLocaleString(LOCALE[lang], { maximumFractionDigits: digits });
}

/** Metres with the precision that means something: 0.42 m, 8.3 m, 142 m, 3.1 km. */
export function showMetres(metres: number, lang: Lang): string {
  const unit = lang === "zh" ? { m: " 米", km: " 公里" } : { m: " m", km: " km" };
  if (metres >= 1000) return showNumber(metres / 1000, lang, 1) + unit.km;
  const digits = metres < 1 ? 2 : metres < 10 ? 1 : 0;
  return showNumber(metres, lang, digits) + unit.m;
}

export function showArea(area_m2: number, lang: Lang): string {
  if (area_m2 >= 1e6) return `${showNumber(area_m2 / 1e6, lang, 2)} km²`;
  return `${showNumber(area_m2, lang)} m²`;
}

export function showInstant(iso: string, lang: Lang): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return iso;
  return instant.toLocaleString(LOCALE[lang], {
    timeZone: "Asia/Shanghai",
    year: "numeric",
    month: lang === "zh" ? "numeric" : "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}

const DAY = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", dateStyle: "short" });

/** The day of an instant by the city's clock, as a date input writes it: "2026-11-22". */
export function shownDay(iso: string): string {
  return DAY.format(new Date(iso));
}

export function showDay(iso: string, lang: Lang): string {
  return new Date(iso).toLocaleDateString(LOCALE[lang], { timeZone: "Asia/Shanghai", year: "numeric", month: "short", day: "numeric" });
}

/** Splits an official code into readable groups: 6 digits, then threes. */
export function showCode(code: string): string {
  if (!/^\d{7,}$/.test(code)) return code;
  const tail = code.slice(6).match(/\d{1,3}/g) ?? [];
  return [code.slice(0, 6), ...tail].join(" ");
}
