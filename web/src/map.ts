/** The map itself: style, highlight, marker, layer groups, and the two ways of asking (click, Enter). */
import { Map as MapLibre, Marker, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, MapOptions, PaddingOptions, StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Bbox, LonLat } from "./api";
import { hatchOf } from "./hatch";
import { type LegendRow, legendOf, type StyleMeta } from "./legend";
import { styleUrl, type Theme } from "./theme";

setWorkerUrl(workerUrl);

export interface MapEvents {
  onAsk(point: LonLat): void;
  onReady(): void;
  /** A style or a tile that could not be loaded; `tile` says which of the two. */
  onFault(tile: boolean, detail: string): void;
  onView(): void;
}

export interface MapStart {
  container: HTMLElement;
  theme: Theme;
  bounds: Bbox | null;
  point: LonLat | null;
}

const HIGHLIGHT = "located";
const POINT_ZOOM = 17;
const NARROW = "(max-width: 720px)";
const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

const ends = (bbox: Bbox): [[number, number], [number, number]] => [
  [bbox[0], bbox[1]],
  [bbox[2], bbox[3]],
];

/** What the panels cover of the frame, in pixels. */
function covered(): Required<PaddingOptions> {
  if (matchMedia(NARROW).matches) {
    return { top: 120, right: 24, bottom: Math.round(innerHeight * 0.5) + 16, left: 24 };
  }
  const right = document.querySelector(".layers[open]") ? 290 : 70;
  return { top: 40, right, bottom: 56, left: 420 };
}

/** For the whole district no card needs room below. */
function homePadding(): Required<PaddingOptions> {
  return matchMedia(NARROW).matches ? { top: 130, right: 12, bottom: 60, left: 12 } : covered();
}

function marker(): Marker {
  const pin = document.createElement("div");
  pin.className = "pin";
  pin.innerHTML = '<svg viewBox="0 0 28 36" aria-hidden="true"><path d="M14 35C9 27 2 21 2 13.5a12 12 0 0 1 24 0C26 21 19 27 14 35Z"/><circle cx="14" cy="13.5" r="4.6"/></svg>';
  return new Marker({ element: pin, anchor: "bottom" });
}

export class MapView {
  private readonly map: MapLibre;
  private readonly pin = marker();
  private readonly hidden = new Set<string>();
  private shape: GeoJSON.Geometry | null = null;
  private dressed = false;

  constructor(
    private readonly start: MapStart,
    private readonly events: MapEvents,
  ) {
    this.map = new MapLibre({
      container: start.container,
      style: styleUrl(start.theme),
      hash: true,
      attributionControl: false,
      maxZoom: 20,
      minZoom: 6,
      maxPitch: 0,
      dragRotate: false,
      refreshExpiredTiles: false,
      fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
      transformRequest: (url) => ({ url: new URL(url, location.origin).href }),
      ...this.firstView(),
    });
    this.map.touchZoomRotate.disableRotation();
    this.listen();
  }

  /** A linked point close up, else the whole district; a `#zoom/lat/lon` in the link beats both. */
  private firstView(): Pick<MapOptions, "center" | "zoom" | "bounds" | "fitBoundsOptions"> {
    const { point, bounds } = this.start;
    if (point) return { center: [point.lon, point.lat], zoom: POINT_ZOOM };
    return bounds ? { bounds: ends(bounds), fitBoundsOptions: { padding: homePadding() } } : {};
  }

  private listen(): void {
    const { map, events } = this;
    map.on("click", ({ lngLat }) => { events.onAsk({ lon: lngLat.lng, lat: lngLat.lat }); });
    map.on("style.load", () => { this.dress(); });
    map.on("zoomend", () => { events.onView(); });
    map.once("idle", () => { events.onReady(); });
    map.on("error", (fault) => { events.onFault("sourceId" in fault, fault.error.message); });
    map.setMissingStyleImageResolver((id) => {
      const hatch = hatchOf(id);
      if (hatch) map.addImage(id, hatch, { pixelRatio: 2 });
    });
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.askCentre();
    });
  }

  /** What the console adds to the cartographer's style, each time a style is loaded. */
  private dress(): void {
    const { map } = this;
    this.dressed = true;
    const color = this.meta()["gridgeo:highlight"] ?? "#0a6b6b";
    const firstLabel = map.getStyle().layers.find((layer) => layer.type === "symbol")?.id;
    map.addSource(HIGHLIGHT, { type: "geojson", data: this.shape ?? NOTHING });
    map.addLayer({ id: `${HIGHLIGHT}-fill`, type: "fill", source: HIGHLIGHT, paint: { "fill-color": color, "fill-opacity": 0.16 } }, firstLabel);
    map.addLayer({ id: `${HIGHLIGHT}-glow`, type: "line", source: HIGHLIGHT, layout: { "line-join": "round" }, paint: { "line-color": color, "line-width": 9, "line-opacity": 0.22, "line-blur": 3 } }, firstLabel);
    map.addLayer({ id: `${HIGHLIGHT}-line`, type: "line", source: HIGHLIGHT, layout: { "line-join": "round" }, paint: { "line-color": color, "line-width": 2.6 } }, firstLabel);
    for (const group of this.hidden) this.paintGroup(group);
    this.events.onView();
  }

  private meta(): StyleMeta {
    return (this.map.getStyle().metadata ?? {});
  }

  /** Adds the scale bar to `holder` and names the canvas for a screen reader. */
  furnish(holder: HTMLElement): void {
    holder.append(new ScaleControl({ maxWidth: 110, unit: "metric" }).onAdd(this.map));
  }

  setLabel(words: string): void {
    this.map.getCanvas().setAttribute("aria-label", words);
  }

  focus(): void {
    this.map.getCanvas().focus();
  }

  setTheme(theme: Theme): void {
    this.dressed = false;
    this.map.setStyle(styleUrl(theme), { diff: false });
  }

  /** Asks the server again for every vector tile in view; unchanged ones answer 304. */
  refresh(): void {
    if (!this.dressed) return;
    for (const [id, source] of Object.entries(this.style().sources)) {
      if (source.type === "vector") this.map.refreshTiles(id);
    }
  }

  private style(): StyleSpecification {
    return this.map.getStyle();
  }

  highlight(shape: GeoJSON.Geometry | null): void {
    this.shape = shape;
    if (this.dressed) void this.map.getSource<GeoJSONSource>(HIGHLIGHT)?.setData(shape ?? NOTHING);
  }

  mark(point: LonLat | null): void {
    if (point) this.pin.setLngLat([point.lon, point.lat]).addTo(this.map);
    else this.pin.remove();
  }

  /** Moves the map only when a panel hides the point. */
  reveal({ lon, lat }: LonLat): void {
    const { x, y } = this.map.project([lon, lat]);
    const frame = this.map.getContainer();
    const { top, right, bottom, left } = covered();
    const seen = x > left && x < frame.clientWidth - right && y > top && y < frame.clientHeight - bottom;
    if (!seen) this.map.easeTo({ center: [lon, lat], offset: this.middle() });
  }

  goTo({ lon, lat }: LonLat): void {
    const zoom = Math.max(this.map.getZoom(), POINT_ZOOM);
    this.map.easeTo({ center: [lon, lat], zoom, offset: this.middle() });
  }

  /** From the frame's centre to the centre of what no panel covers. */
  private middle(): [number, number] {
    const { top, right, bottom, left } = covered();
    return [(left - right) / 2, (top - bottom) / 2];
  }

  fit(bbox: Bbox): void {
    this.map.fitBounds(ends(bbox), { padding: covered(), maxZoom: 18 });
  }

  home(): void {
    const { bounds } = this.start;
    if (bounds) this.map.fitBounds(ends(bounds), { padding: homePadding() });
  }

  zoomBy(step: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + step });
  }

  askCentre(): void {
    const { lng, lat } = this.map.getCenter();
    this.events.onAsk({ lon: lng, lat });
  }

  setGroup(group: string, visible: boolean): void {
    if (visible) this.hidden.delete(group);
    else this.hidden.add(group);
    this.paintGroup(group);
  }

  private paintGroup(group: string): void {
    if (!this.dressed) return;
    const visibility = this.hidden.has(group) ? "none" : "visible";
    for (const layer of this.style().layers) {
      const meta = layer.metadata as StyleMeta | undefined;
      if (meta?.["gridgeo:group"] === group) this.map.setLayoutProperty(layer.id, "visibility", visibility);
    }
  }

  /** The legend rows that are drawn at this zoom; none before the style is there. */
  legend(): LegendRow[] {
    if (!this.dressed) return [];
    return legendOf(this.meta(), this.map.getZoom());
  }
}
