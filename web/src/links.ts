/** The page's state as a link: all of it but the map's own `#zoom/lat/lon`, and never a key. */
import type { LonLat } from "./api";
import { readPoint } from "./coords";

export const MAX_ACCURACY_M = 5000;

/** The parameters of a link; what is null or at its default does not stand in it. */
export interface Linked {
  point: LonLat | null;
  /** Radius of the fix in metres; 0: exact. */
  accuracy_m: number;
  /** A past version, null for the live map. */
  at: number | null;
  /** What the map is coloured by; null for the plain map. */
  topic: string | null;
  /** Groups of layers that are switched off, or on although they are off by default. */
  hidden: string[];
  shown: string[];
  plan: number | null;
  planned: boolean;
}

const words = (text: string | null): string[] => (text ?? "").split(",").filter((word) => /^\w+$/.test(word));

function whole(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

/** Reads an accuracy as people type it: metres within the API's limits, else 0. */
export function readAccuracy(text: string | null): number {
  const metres = Number(text ?? "");
  return metres > 0 && metres <= MAX_ACCURACY_M ? metres : 0;
}

/** What a link's query string says; what cannot be read, and a plan of a past map, is not there. */
export function readLink(search: string): Linked {
  const params = new URLSearchParams(search);
  const point = params.get("point");
  const at = whole(params.get("at"));
  return {
    point: point === null ? null : (readPoint(point)?.point ?? null),
    accuracy_m: readAccuracy(params.get("accuracy")),
    at,
    topic: words(params.get("topic"))[0] ?? null,
    hidden: words(params.get("hide")),
    shown: words(params.get("show")),
    plan: at === null ? whole(params.get("plan")) : null,
    planned: at === null && params.has("planned"),
  };
}

function parametersOf(linked: Linked): [string, string | null][] {
  const { point, plan } = linked;
  return [
    ["point", point && `${point.lon},${point.lat}`],
    ["accuracy", point && linked.accuracy_m > 0 ? String(linked.accuracy_m) : null],
    ["at", linked.at === null ? null : String(linked.at)],
    ["topic", linked.topic],
    ["hide", linked.hidden.join(",") || null],
    ["show", linked.shown.join(",") || null],
    ["plan", plan === null ? null : String(plan)],
    ["planned", plan !== null && linked.planned ? "1" : null],
  ];
}

/** `href` with this state; parameters of others (`lang`, `theme`) stay, before it. */
export function withLink(href: string, linked: Linked): string {
  const url = new URL(href);
  const said = parametersOf(linked);
  for (const [name] of said) url.searchParams.delete(name);
  const own = said.filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`);
  const query = [url.searchParams.toString(), ...own].filter(Boolean).join("&");
  return `${url.origin}${url.pathname}${query ? `?${query}` : ""}${url.hash}`;
}

/** A shell line that asks the API the same question. */
export function curlLine(origin: string, path: string): string {
  return `curl '${origin}${path}'`;
}
