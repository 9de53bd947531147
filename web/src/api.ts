/** The public HTTP API as the console uses it. Coordinates are lon, lat in degrees. */

import type { StyleSpecification } from "maplibre-gl";
import { authorised } from "./key";
import type { StyleName } from "./theme";

export type Level = "city" | "district" | "township" | "community" | "grid" | "micro_grid";

export interface UnitRef {
  code: string;
  level: Level;
  name: string;
}

export interface LonLat {
  lon: number;
  lat: number;
}

export interface Party {
  code: string;
  name: string;
  kind: string;
  contact: string;
}

export interface Assignment {
  party: Party;
  co_handlers: Party[];
  /** The rule that decided; `scope` is the code of the unit or exclusive grid it speaks of. */
  rule: { id: number; rule_set: number; scope: string };
  /** A stable code, e.g. territorial_fallback. */
  reason: string;
  fallback: boolean;
}

export interface Placement {
  unit: UnitRef | null;
  chain: UnitRef[];
  exclusive: { code: string; name: string }[];
  /** The nearest border: how far, where ([lon, lat]), and the leaf across; null beyond the city. */
  border: { distance_m: number; point: [number, number]; neighbour: UnitRef | null } | null;
  reason: string | null;
  nearest: (UnitRef & { distance_m: number }) | null;
}

export interface Candidate {
  code: string;
  level: Level;
  name: string;
  probability: number;
}

export interface Located {
  point: LonLat;
  placement: Placement;
  assignment: Assignment;
  decision: "sure" | "ask";
  candidates: Candidate[];
  version: number;
  valid_from: string;
}

export interface SearchResult {
  kind: "unit" | "exclusive_grid" | "place";
  code: string | null;
  name: string;
  level: Level | null;
  detail: string;
  lon: number;
  lat: number;
  bbox: Bbox | null;
}

export type Bbox = [west: number, south: number, east: number, north: number];

export interface Version {
  version: number;
  valid_from: string;
  note: string;
  document_no: string | null;
}

export interface Versions {
  head: number;
  versions: Version[];
}

export interface Plan {
  plan_id: number;
  title: string;
  state: "draft" | "submitted" | "approved" | "published" | "withdrawn";
  base_version: number;
}

/** What a plan changes: `counts` by kind of change, and the shapes of the units of the first page. */
export interface PlanDiff {
  total: number;
  counts: Record<string, number>;
  units: { code: string; old: GeoJSON.Geometry | null; new: GeoJSON.Geometry | null }[];
}

export interface Unit extends UnitRef {
  parent_code: string | null;
  is_leaf: boolean;
  households: number;
  area_m2: number;
  bbox: Bbox;
  geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon;
}

export interface TileJson {
  bounds: Bbox;
}

/** An answer that is not 2xx: `code` is stable (problem+json), `detail` is the server's sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
  ) {
    super(`${status} ${code}: ${detail}`);
    this.name = "ApiError";
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as { code?: string; detail?: string; title?: string };
    return new ApiError(response.status, body.code ?? "http_error", body.detail ?? body.title ?? "");
  } catch {
    return new ApiError(response.status, "http_error", response.statusText);
  }
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    headers: { Accept: "application/json", ...authorised(path) },
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

/** A question about a point: a fix with its radius in metres, on the live map or that of a version. */
export interface Question {
  point: LonLat;
  accuracy_m: number;
  at: number | null;
}

/** `path` with the parameters that are not null; in the order given. */
export function withQuery(path: string, params: Record<string, string | number | null>): string {
  const said = Object.entries(params).filter(([, value]) => value !== null);
  const query = said.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&");
  return query === "" ? path : `${path}?${query}`;
}

export const locatePath = ({ point, accuracy_m, at }: Question): string =>
  withQuery("/locate", { lon: point.lon, lat: point.lat, accuracy_m: accuracy_m || null, at });

export const api = {
  locate: (question: Question, signal?: AbortSignal) => get<Located>(locatePath(question), signal),
  search: (q: string, at: number | null, signal?: AbortSignal) =>
    get<{ results: SearchResult[] }>(withQuery("/search", { q, at }), signal),
  head: (signal?: AbortSignal) => get<Versions>("/versions?limit=1", signal),
  versions: (before: number | null) => get<Versions>(withQuery("/versions", { limit: 1000, before })),
  unit: (code: string, at: number | null, signal?: AbortSignal) =>
    get<Unit>(withQuery(`/units/${encodeURIComponent(code)}`, { at }), signal),
  tileJson: (layer: string) => get<TileJson>(`/tiles/${layer}.json`),
  style: (name: string, at: number | null, plan: number | null) =>
    get<StyleSpecification>(withQuery(`/styles/${name}.json`, { at, plan })),
  styles: () => get<StyleName[]>("/styles.json"),
  plans: () => get<{ plans: Plan[] }>("/plans?limit=100"),
  planDiff: (plan: number) => get<PlanDiff>(`/plans/${plan}/diff?limit=200`),
  /** Whether the key that is kept may see this list: devices or events. */
  maySee: (list: "devices" | "events") =>
    get(`/${list}?limit=1`).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return false;
        throw error;
      },
    ),
};
