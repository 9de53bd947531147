/** What the console draws over the cartographer's map: the answer, its doubt, a plan. */
import type { ExpressionSpecification, FilterSpecification, GeoJSONSource, LayerSpecification, Map as MapLibre, SourceSpecification } from "maplibre-gl";
import type { Candidate, LonLat } from "./api";
import { disc } from "./geo";
import type { StyleMeta } from "./legend";
import { sourceOf } from "./probes";
import { PLAN_COLOURS, type Theme } from "./theme";

export interface Drawn {
  /** The unit that is shown. */
  shape: GeoJSON.Geometry | null;
  /** From the point to the nearest border. */
  border: { from: LonLat; to: [number, number] } | null;
  disc: { centre: LonLat; radius_m: number } | null;
  candidates: Candidate[];
  plan: number | null;
}

const NOTHING: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const NONE: Drawn = { shape: null, border: null, disc: null, candidates: [], plan: null };

type Shape = "shape" | "border" | "disc";

export class Overlay {
  private drawn: Drawn = NONE;
  private dressed = false;
  private theme: Theme = "day";

  constructor(private readonly map: MapLibre) {}

  /** The style is being changed: nothing can be drawn until `dress`. */
  undress(): void {
    this.dressed = false;
  }

  /** Draws all of it on a style that has just been loaded, below its names. */
  dress(theme: Theme): void {
    this.dressed = true;
    this.theme = theme;
    for (const source of ["shape", "disc", "border"] as const) {
      this.map.addSource(`gridgeo-${source}`, { type: "geojson", data: this.geometry(source) });
    }
    const below = this.firstName();
    for (const layer of [...this.candidateLayers(), ...this.answerLayers()]) this.map.addLayer(layer, below);
    this.drawPlan();
  }

  set(change: Partial<Drawn>): void {
    this.drawn = { ...this.drawn, ...change };
    if (!this.dressed) return;
    for (const source of ["shape", "disc", "border"] as const) {
      if (source in change) void this.map.getSource<GeoJSONSource>(`gridgeo-${source}`)?.setData(this.geometry(source));
    }
    if ("candidates" in change) this.drawCandidates();
    if ("plan" in change) this.drawPlan();
  }

  private geometry(source: Shape): GeoJSON.GeoJSON {
    const { shape, border, disc: fix } = this.drawn;
    if (source === "shape") return shape ?? NOTHING;
    if (source === "disc") return fix ? disc(fix.centre, fix.radius_m) : NOTHING;
    if (!border) return NOTHING;
    return { type: "LineString", coordinates: [[border.from.lon, border.from.lat], border.to] };
  }

  private firstName(): string | undefined {
    return this.map.getStyle().layers.find((layer) => layer.type === "symbol")?.id;
  }

  private meta(): StyleMeta {
    return this.map.getStyle().metadata ?? {};
  }

  private answerLayers(): LayerSpecification[] {
    const color = this.meta()["gridgeo:highlight"] ?? "#0a6b6b";
    const paper = this.theme === "night" ? "#0d141b" : "#ffffff";
    const round = { "line-join": "round", "line-cap": "round" } as const;
    return [
      { id: "gridgeo-shape-fill", type: "fill", source: "gridgeo-shape", paint: { "fill-color": color, "fill-opacity": 0.14 } },
      { id: "gridgeo-shape-glow", type: "line", source: "gridgeo-shape", layout: round, paint: { "line-color": color, "line-width": 9, "line-opacity": 0.22, "line-blur": 3 } },
      { id: "gridgeo-shape-line", type: "line", source: "gridgeo-shape", layout: round, paint: { "line-color": color, "line-width": 2.6 } },
      { id: "gridgeo-disc-fill", type: "fill", source: "gridgeo-disc", paint: { "fill-color": "#2f7de1", "fill-opacity": 0.16 } },
      { id: "gridgeo-disc-line", type: "line", source: "gridgeo-disc", paint: { "line-color": "#2f7de1", "line-width": 2 } },
      { id: "gridgeo-border-case", type: "line", source: "gridgeo-border", layout: round, paint: { "line-color": paper, "line-width": 6, "line-opacity": 0.9 } },
      { id: "gridgeo-border-line", type: "line", source: "gridgeo-border", paint: { "line-color": color, "line-width": 2.6, "line-dasharray": [1.6, 1.1] } },
    ];
  }

  /** Candidates are the leaves of the map's own tiles, picked by code: the deeper, the likelier. */
  private candidateLayers(): LayerSpecification[] {
    const source = sourceOf(this.map, "micro_grid");
    if (source === null) return [];
    const from = { source, "source-layer": "micro_grid", filter: this.isCandidate() };
    return [
      { id: "gridgeo-candidate-fill", type: "fill", ...from, paint: { "fill-color": "#e08a00", "fill-opacity": this.likelihood() } },
      { id: "gridgeo-candidate-line", type: "line", ...from, layout: { "line-join": "round" }, paint: { "line-color": this.theme === "night" ? "#ffbe55" : "#9a5b00", "line-width": 2, "line-dasharray": [3, 1.5] } },
    ];
  }

  private isCandidate(): FilterSpecification {
    return ["in", ["get", "code"], ["literal", this.drawn.candidates.map((one) => one.code)]];
  }

  private likelihood(): ExpressionSpecification {
    const shares = Object.fromEntries(this.drawn.candidates.map((one) => [one.code, one.probability]));
    return ["+", 0.06, ["*", 0.34, ["coalesce", ["get", ["get", "code"], ["literal", shares]], 0]]];
  }

  private drawCandidates(): void {
    if (!this.map.getLayer("gridgeo-candidate-fill")) return;
    this.map.setFilter("gridgeo-candidate-fill", this.isCandidate());
    this.map.setFilter("gridgeo-candidate-line", this.isCandidate());
    this.map.setPaintProperty("gridgeo-candidate-fill", "fill-opacity", this.likelihood());
  }

  private drawPlan(): void {
    const { plan } = this.drawn;
    const colours = PLAN_COLOURS[this.theme];
    const from = { source: "gridgeo-plan", "source-layer": "plan_diff" };
    const goes: ExpressionSpecification = ["in", "retired", ["get", "changes"]];
    this.replace("gridgeo-plan", plan === null ? null : this.planSource(plan), [
      { id: "gridgeo-plan-moved", type: "fill", ...from, filter: ["==", ["get", "kind"], "moved"], paint: { "fill-color": colours.moved, "fill-opacity": 0.45 } },
      { id: "gridgeo-plan-case", type: "line", ...from, filter: ["==", ["get", "kind"], "unit"], layout: { "line-join": "round" }, paint: { "line-color": this.theme === "night" ? "#0d141b" : "#ffffff", "line-width": 5, "line-opacity": 0.85 } },
      { id: "gridgeo-plan-unit", type: "line", ...from, filter: ["all", ["==", ["get", "kind"], "unit"], ["!", goes]], layout: { "line-join": "round" }, paint: { "line-color": colours.unit, "line-width": 2.6 } },
      { id: "gridgeo-plan-gone", type: "line", ...from, filter: ["all", ["==", ["get", "kind"], "unit"], goes], paint: { "line-color": colours.gone, "line-width": 2.6, "line-dasharray": [2, 1.5] } },
    ]);
  }

  private planSource(plan: number): SourceSpecification {
    return { type: "vector", tiles: [`${location.origin}/plans/${plan}/diff/{z}/{x}/{y}.mvt`], minzoom: 6, maxzoom: 18 };
  }

  private replace(id: string, source: SourceSpecification | null, layers: LayerSpecification[]): void {
    if (!this.dressed) return;
    for (const layer of layers) if (this.map.getLayer(layer.id)) this.map.removeLayer(layer.id);
    if (this.map.getSource(id)) this.map.removeSource(id);
    if (!source) return;
    this.map.addSource(id, source);
    for (const layer of layers) this.map.addLayer(layer, this.firstName());
  }
}
