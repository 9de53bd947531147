/** Deep links: `?point=lon,lat` names the open answer; the map itself keeps `#zoom/lat/lon`. */
import type { LonLat } from "./api";
import { readPoint } from "./coords";

/** The point of a link's query string, or null. */
export function pointOf(search: string): LonLat | null {
  const text = new URLSearchParams(search).get("point");
  return text === null ? null : (readPoint(text)?.point ?? null);
}

/** `href` with its `point` set or removed; every other part stays. */
export function withPoint(href: string, point: LonLat | null): string {
  const url = new URL(href);
  url.searchParams.delete("point");
  const rest = url.searchParams.toString();
  const query = [rest, point ? `point=${point.lon},${point.lat}` : ""].filter(Boolean).join("&");
  return `${url.origin}${url.pathname}${query ? `?${query}` : ""}${url.hash}`;
}

/** A shell line that asks the API the same question. */
export function curlLine(origin: string, path: string): string {
  return `curl '${origin}${path}'`;
}
