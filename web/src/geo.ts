/** The disc of an inaccurate fix, and the boxes of shapes; degrees in, degrees out, lon first. */
import type { Bbox, LonLat } from "./api";

const SEMI_MAJOR_M = 6_378_137;
const ECCENTRICITY_2 = 0.006_694_380_022_9;
const CORNERS = 96;

/** Metres that one degree of longitude and one of latitude are, on the ellipsoid at a latitude. */
export function metresPerDegree(lat: number): { lon: number; lat: number } {
  const radian = Math.PI / 180;
  const bend = 1 - ECCENTRICITY_2 * Math.sin(lat * radian) ** 2;
  return {
    lon: (radian * SEMI_MAJOR_M * Math.cos(lat * radian)) / Math.sqrt(bend),
    lat: (radian * SEMI_MAJOR_M * (1 - ECCENTRICITY_2)) / bend ** 1.5,
  };
}

/** The box around a disc. */
export function discBox({ lon, lat }: LonLat, radius_m: number): Bbox {
  const degree_m = metresPerDegree(lat);
  const [east, north] = [radius_m / degree_m.lon, radius_m / degree_m.lat];
  return [lon - east, lat - north, lon + east, lat + north];
}

/** A disc as a polygon of 96 corners. */
export function disc(centre: LonLat, radius_m: number): GeoJSON.Polygon {
  const degree_m = metresPerDegree(centre.lat);
  const corner = (step: number): [number, number] => {
    const turn = (2 * Math.PI * (step % CORNERS)) / CORNERS;
    return [
      centre.lon + (radius_m * Math.cos(turn)) / degree_m.lon,
      centre.lat + (radius_m * Math.sin(turn)) / degree_m.lat,
    ];
  };
  return { type: "Polygon", coordinates: [Array.from({ length: CORNERS + 1 }, (_, step) => corner(step))] };
}

/** The box of all shapes, or null when there is none. */
export function boxOf(shapes: GeoJSON.Geometry[]): Bbox | null {
  const box: Bbox = [Infinity, Infinity, -Infinity, -Infinity];
  const widen = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    const [lon, lat] = part as unknown[];
    if (typeof lon !== "number" || typeof lat !== "number") { part.forEach(widen); return; }
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  };
  for (const shape of shapes) if ("coordinates" in shape) widen(shape.coordinates);
  return box[0] <= box[2] ? box : null;
}
