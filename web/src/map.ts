/** The map itself: style, camera, marker, groups of layers, and the two ways of asking (click, Enter). */
import { Map as MapLibre, Marker, ScaleControl, setWorkerUrl } from "maplibre-gl";
import type { MapOptions, PaddingOptions, StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Bbox, LonLat } from "./api";
import { discBox } from "./geo";
import { authorised } from "./key";
import { type LegendRow, legendOf, type StyleMeta } from "./legend";
import { type Drawn, Overlay } from "./overlay";
import { addProbes, probe, PROBES, sourceOf } from "./probes";
import { borderTag, pin } from "./signs";
import type { Theme } from "./theme";

setWorkerUrl(workerUrl);

export interface MapEvents {
  onAsk(point: LonLat): void;
  onReady(): void;
  /** A tile or a sprite that could not be loaded. */
  onFault(detail: string): void;
  onView(): void;
  /** Whether something of the picture is still missing. */
  onDrawing(drawing: boolean): void;
}

export interface MapStart {
  container: HTMLElement;
  style: StyleSpecification;
  theme: Theme;
  bounds: Bbox | null;
  point: LonLat | null;
  /** Groups of layers that are switched on or off, whatever the style says. */
  switched: ReadonlyMap<string, boolean>;
  /** Whether units are asked of the tiles, because there is no server. */
  probed: boolean;
}

const POINT_ZOOM = 17;
/** When tiles are asked for again after a change: the worker that was asked first may not have followed yet. */
const FOLLOWED_MS = [2000, 10_000];
const NARROW = "(max-width: 720px)";

const ends = (bbox: Bbox): [[number, number], [number, number]] => [
  [bbox[0], bbox[1]],
  [bbox[2], bbox[3]],
];

/** What the panels cover of the frame, in pixels. */
function covered(): Required<PaddingOptions> {
  if (matchMedia(NARROW).matches) {
    return { top: 130, right: 24, bottom: Math.round(innerHeight * 0.5) + 16, left: 24 };
  }
  const right = document.querySelector(".tools details[open]") ? 310 : 70;
  return { top: 60, right, bottom: 56, left: 420 };
}

/** For the whole district no card needs room below. */
function homePadding(): Required<PaddingOptions> {
  return matchMedia(NARROW).matches ? { top: 130, right: 12, bottom: 60, left: 12 } : covered();
}

export class MapView {
  readonly overlay: Overlay;
  private readonly map: MapLibre;
  private readonly pin = new Marker({ element: pin(), anchor: "bottom" });
  private readonly switched: Map<string, boolean>;
  private tag: Marker | null = null;
  private dressed = false;
  private theme: Theme;

  constructor(
    private readonly start: MapStart,
    private readonly events: MapEvents,
  ) {
    this.theme = start.theme;
    this.switched = new Map(start.switched);
    this.map = new MapLibre({
      container: start.container,
      style: start.style,
      hash: true,
      attributionControl: false,
      localIdeographFontFamily: false, // Chinese names look alike everywhere, with the server's letters
      maxZoom: 20,
      minZoom: 6,
      maxPitch: 0,
      dragRotate: false,
      refreshExpiredTiles: false,
      fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
      transformRequest: (address) => {
        if (address.startsWith("pmtiles:")) return { url: address }; // no URL: one stands inside it
        const url = new URL(address, document.baseURI).href;
        return { url, headers: authorised(url) };
      },
      ...this.firstView(),
    });
    this.map.touchZoomRotate.disableRotation();
    this.overlay = new Overlay(this.map);
    this.listen();
  }

  /** A linked point close up, else the whole district; a `#zoom/lat/lon` in the link beats both. */
  private firstView(): Pick<MapOptions, "center" | "zoom" | "bounds" | "fitBoundsOptions"> {
    const { point, bounds } = this.start;
    if (point) {
      const here: [number, number] = [point.lon, point.lat];
      return { bounds: [here, here], fitBoundsOptions: { padding: covered(), maxZoom: POINT_ZOOM } };
    }
    return bounds ? { bounds: ends(bounds), fitBoundsOptions: { padding: homePadding() } } : {};
  }

  private listen(): void {
    const { map, events } = this;
    map.on("click", ({ lngLat }) => { events.onAsk({ lon: lngLat.lng, lat: lngLat.lat }); });
    map.on("style.load", () => { this.dress(); });
    map.on("zoomend", () => { events.onView(); });
    map.once("idle", () => { events.onReady(); });
    map.on("dataloading", () => { events.onDrawing(true); });
    map.on("idle", () => { events.onDrawing(false); });
    map.on("error", (fault) => { events.onFault(fault.error.message); });
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.askCentre();
    });
  }

  /** What the console adds to the cartographer's style, each time a style is loaded. */
  private dress(): void {
    this.dressed = true;
    this.overlay.dress(this.theme);
    if (this.start.probed) addProbes(this.map);
    for (const [group, visible] of this.switched) this.paintGroup(group, visible);
    this.events.onView();
  }

  get zoom(): number {
    return this.map.getZoom();
  }

  /** The features of the tiles of units that a point lies in, at the zoom that is drawn. */
  unitsAt({ lon, lat }: LonLat): GeoJSON.Feature[] {
    return this.map.queryRenderedFeatures(this.map.project([lon, lat]), { layers: PROBES.map(probe) });
  }

  /** The names of units in the tiles that are loaded. */
  names(): GeoJSON.Feature[] {
    const source = sourceOf(this.map, "label");
    return source === null ? [] : this.map.querySourceFeatures(source, { sourceLayer: "label" });
  }

  private meta(): StyleMeta {
    return (this.map.getStyle().metadata ?? {});
  }

  /** Adds the scale bar to `holder`. */
  furnish(holder: HTMLElement): void {
    holder.append(new ScaleControl({ maxWidth: 110, unit: "metric" }).onAdd(this.map));
  }

  /** Names the canvas for a screen reader. */
  setLabel(words: string): void {
    this.map.getCanvas().setAttribute("aria-label", words);
  }

  focus(): void {
    this.map.getCanvas().focus();
  }

  setStyle(style: StyleSpecification, theme: Theme): void {
    this.dressed = false;
    this.theme = theme;
    this.overlay.undress();
    this.map.setStyle(style, { diff: false });
  }

  /** The map has changed: asks for its tiles now, and again when every worker draws the new one. */
  follow(): void {
    this.refresh();
    for (const later of FOLLOWED_MS) setTimeout(() => { this.refresh(); }, later);
  }

  /** Asks the server again for every vector tile in view; unchanged ones answer 304. */
  private refresh(): void {
    if (!this.dressed) return;
    for (const [id, source] of Object.entries(this.map.getStyle().sources)) {
      if (source.type === "vector") this.map.refreshTiles(id);
    }
  }

  mark(point: LonLat | null): void {
    if (point) this.pin.setLngLat([point.lon, point.lat]).addTo(this.map);
    else this.pin.remove();
  }

  /** Draws the way to the nearest border, with words at its end, on the side away from the point. */
  showBorder(border: Drawn["border"], metres = "", beyond = ""): void {
    this.overlay.set({ border });
    this.tag?.remove();
    this.tag = null;
    if (!border) return;
    const { x } = this.map.project(border.to);
    const { left, right } = covered();
    const room_px = Math.min(x - left, this.map.getContainer().clientWidth - right - x);
    const { element, anchor, offset } = borderTag(border.from, border.to, metres, beyond, room_px);
    this.tag = new Marker({ element, anchor, offset }).setLngLat(border.to).addTo(this.map);
  }

  /** Moves the map only when a panel hides the point, or not all of its disc is seen. */
  reveal(point: LonLat, radius_m: number): void {
    const box = discBox(point, radius_m);
    const [low, high] = [this.map.project([box[0], box[3]]), this.map.project([box[2], box[1]])];
    const frame = this.map.getContainer();
    const { top, right, bottom, left } = covered();
    const seen = low.x > left && high.x < frame.clientWidth - right && low.y > top && high.y < frame.clientHeight - bottom;
    if (seen) return;
    if (radius_m > 0) this.map.fitBounds(ends(box), { padding: covered(), maxZoom: this.map.getZoom() });
    else this.map.easeTo({ center: [point.lon, point.lat], offset: this.middle() });
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
    this.switched.set(group, visible);
    this.paintGroup(group, visible);
  }

  private paintGroup(group: string, visible: boolean): void {
    if (!this.dressed) return;
    const visibility = visible ? "visible" : "none";
    for (const layer of this.map.getStyle().layers) {
      const meta = layer.metadata as StyleMeta | undefined;
      if (meta?.["gridgeo:group"] === group) this.map.setLayoutProperty(layer.id, "visibility", visibility);
    }
  }

  /** The legend rows that are drawn at this zoom; none before the style is there. */
  legend(): LegendRow[] {
    if (!this.dressed) return [];
    return legendOf(this.meta(), this.map.getZoom());
  }

  /** The groups that layers of this style belong to. */
  groups(): Set<string> {
    if (!this.dressed) return new Set();
    const metas = this.map.getStyle().layers.map((layer) => layer.metadata as StyleMeta | undefined);
    return new Set(metas.flatMap((meta) => meta?.["gridgeo:group"] ?? []));
  }
}
