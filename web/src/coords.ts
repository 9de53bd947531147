/** Reading a point as people type it: "113.65, 34.75", "113.65 34.75", "34.75°N 113.65°E". */
import type { LonLat } from "./api";

export interface ReadPoint {
  point: LonLat;
  /** The text gave latitude first; the point is put right, and the reader is told. */
  swapped: boolean;
}

const NUMBER = String.raw`([+-]?\d{1,3}(?:\.\d+)?)\s*°?\s*([NSEW])?`;
const PAIR = new RegExp(String.raw`^\s*\(?\s*${NUMBER}\s*[,,;\s]\s*${NUMBER}\s*\)?\s*$`, "i");

const isLat = (value: number): boolean => Math.abs(value) <= 90;
const isLon = (value: number): boolean => Math.abs(value) <= 180;

function signed(text: string, hemisphere: string | undefined): number {
  const value = Number(text);
  return /[SW]/i.test(hemisphere ?? "") ? -value : value;
}

/** Returns the point a text names, or null when it is not a pair of coordinates on Earth. */
export function readPoint(text: string): ReadPoint | null {
  const match = PAIR.exec(text);
  if (!match?.[1] || !match[3]) return null;
  const first = signed(match[1], match[2]);
  const second = signed(match[3], match[4]);
  const namedLatFirst = /[NS]/i.test(match[2] ?? "") || /[EW]/i.test(match[4] ?? "");
  const latFirst = namedLatFirst || !isLat(second);
  if (latFirst) {
    if (!isLat(first) || !isLon(second)) return null;
    return { point: { lon: second, lat: first }, swapped: !namedLatFirst };
  }
  return isLon(first) ? { point: { lon: first, lat: second }, swapped: false } : null;
}

/** Rounds to the seventh decimal, the map's lattice (about 1 cm). */
export function onLattice({ lon, lat }: LonLat): LonLat {
  const round = (degrees: number) => Math.round(degrees * 1e7) / 1e7;
  return { lon: round(lon), lat: round(lat) };
}

/** "113.650000, 34.750000": six decimals, about 10 cm. */
export function showPoint({ lon, lat }: LonLat): string {
  return `${lon.toFixed(6)}, ${lat.toFixed(6)}`;
}
