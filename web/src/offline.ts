/** The page against files: a drawn map in one PMTiles file, its styles, sprites and names beside it. */
import { addProtocol, type StyleSpecification } from "maplibre-gl";
import { PMTiles, Protocol } from "pmtiles";
import type { Bbox, Level, LonLat, SearchResult } from "./api";

/** `config.json` beside the page, as `gridgeo tiles export` writes it. */
export interface OfflineConfig {
  pmtiles: string;
  version: number;
  datum: string | null;
  /** The styles that lie beside the page. */
  styles: string[];
}

/** A feature of a tile that a point lies in. */
export interface TileUnit {
  code: string;
  level: Level;
  name: string;
  leaf: boolean;
}

/** What the drawn map says about a point. */
export interface DrawnAnswer {
  point: LonLat;
  /** From the coarsest level down. */
  units: TileUnit[];
  /** Nearer to a border than this, the drawing may be wrong. */
  unsure_m: number;
  version: number;
}

const ORDER: Level[] = ["city", "district", "township", "community", "grid", "micro_grid"];
const PIXELS = 1.5;
const TILE_PX = 512;
const EQUATOR_M = 40_075_016.686;
const SEARCH_ROWS = 10;

export const isOffline = (page: ParentNode): boolean => page.querySelector('meta[name="gridgeo-offline"]') !== null;

/** A file beside the page, wherever the page lies. */
export const beside = (path: string): string => new URL(path.replace(/^\/+/, ""), document.baseURI).href;

async function readJson<T>(path: string): Promise<T> {
  const response = await fetch(beside(path));
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as T;
}

/** How far from a border a tile is still exact enough: 1.5 pixels of its zoom, rounded up. */
export function unsure_m(zoom: number, maxzoom: number, lat: number): number {
  const pixel_m = (EQUATOR_M * Math.cos((lat * Math.PI) / 180)) / (TILE_PX * 2 ** Math.min(zoom, maxzoom));
  return Math.ceil(PIXELS * pixel_m);
}

/** Features of tiles, one for each unit, from the coarsest level down. */
export function inOrder(features: Pick<GeoJSON.Feature, "properties">[]): TileUnit[] {
  const found = new Map<string, TileUnit>();
  for (const { properties } of features) {
    const level = ORDER.find((one) => one === properties?.level);
    if (!properties || !level || typeof properties.code !== "string") continue;
    const name = typeof properties.name === "string" ? properties.name : properties.code;
    found.set(properties.code, { code: properties.code, level, name, leaf: properties.leaf === true });
  }
  return [...found.values()].sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}

/** The names of the map in view that a text is part of, as results of a search. */
export function matching(text: string, names: GeoJSON.Feature[]): SearchResult[] {
  const wanted = text.trim().toLowerCase();
  const found = new Map<string, SearchResult>();
  for (const { properties, geometry } of names) {
    if (geometry.type !== "Point" || !properties) continue;
    const [unit] = inOrder([{ properties }]);
    const [lon, lat] = geometry.coordinates;
    if (!unit || lon === undefined || lat === undefined) continue;
    if (!unit.name.toLowerCase().includes(wanted) && !unit.code.startsWith(wanted)) continue;
    found.set(unit.code, { kind: "unit", ...unit, detail: "", lon, lat, bbox: null });
  }
  return [...found.values()].slice(0, SEARCH_ROWS);
}

export class Offline {
  private constructor(
    readonly config: OfflineConfig,
    readonly bounds: Bbox,
    private readonly maxzoom: number,
  ) {}

  /** Reads what lies beside the page. */
  static async open(): Promise<Offline> {
    const config = await readJson<OfflineConfig>("config.json");
    const protocol = new Protocol();
    addProtocol("pmtiles", protocol.tile);
    const file = new PMTiles(beside(config.pmtiles));
    protocol.add(file);
    const { minLon, minLat, maxLon, maxLat, maxZoom } = await file.getHeader();
    return new Offline(config, [minLon, minLat, maxLon, maxLat], maxZoom);
  }

  /** A cartographer's style, drawn from the files beside the page. */
  async style(name: string): Promise<StyleSpecification> {
    const style = await readJson<StyleSpecification>(`styles/${name}.json`);
    for (const source of Object.values(style.sources)) {
      if (source.type !== "vector") continue;
      delete source.tiles;
      delete source.minzoom;
      delete source.maxzoom;
      source.url = `pmtiles://${beside(this.config.pmtiles)}`;
    }
    if (typeof style.sprite === "string") style.sprite = beside(style.sprite);
    if (style.glyphs !== undefined) style.glyphs = decodeURI(beside(style.glyphs));
    return style;
  }

  answer(point: LonLat, units: TileUnit[], zoom: number): DrawnAnswer {
    const { version } = this.config;
    return { point, units, unsure_m: unsure_m(zoom, this.maxzoom, point.lat), version };
  }
}
