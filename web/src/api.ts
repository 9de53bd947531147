/** The public HTTP API as the console uses it. Coordinates are lon, lat in degrees. */

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
  border: { distance_m: number; neighbour: UnitRef | null } | null;
  reason: string | null;
  nearest: (UnitRef & { distance_m: number }) | null;
}

export interface Candidate {
  code: string;
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

export interface Versions {
  head: number;
  versions: { version: number; valid_from: string; note: string; synthetic: boolean }[];
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
    headers: { Accept: "application/json" },
    ...(signal ? { signal } : {}),
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

export const locatePath = ({ lon, lat }: LonLat): string => `/locate?lon=${lon}&lat=${lat}`;

export const api = {
  locate: (point: LonLat, signal?: AbortSignal) => get<Located>(locatePath(point), signal),
  search: (query: string, signal?: AbortSignal) =>
    get<{ results: SearchResult[] }>(`/search?q=${encodeURIComponent(query)}`, signal),
  versions: (signal?: AbortSignal) => get<Versions>("/versions?limit=1", signal),
  unit: (code: string, signal?: AbortSignal) =>
    get<Unit>(`/units/${encodeURIComponent(code)}`, signal),
  tileJson: (layer: string) => get<TileJson>(`/tiles/${layer}.json`),
};
