/** Where this device is: asked of the browser only when the reader presses the button. */
import type { LonLat } from "./api";
import type { Key } from "./i18n";

const WAIT_MS = 20_000;
const REASONS: Record<number, Key> = { 1: "fix.denied", 2: "fix.unknown", 3: "fix.late" };

export interface Fix {
  point: LonLat;
  accuracy_m: number;
}

/** Resolves to the fix, or to the key of the sentence that says why there is none. */
export function findFix(): Promise<Fix | Key> {
  if (!("geolocation" in navigator)) return Promise.resolve("fix.unknown");
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        resolve({ point: { lon: coords.longitude, lat: coords.latitude }, accuracy_m: Math.ceil(coords.accuracy) });
      },
      (fault) => { resolve(REASONS[fault.code] ?? "fix.unknown"); },
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 0 },
    );
  });
}
