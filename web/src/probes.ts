/** Finding layers of the tiles in whatever style is drawn, and units at a point of them. */
import type { Map as MapLibre } from "maplibre-gl";

/** The layers of units, the coarsest first. */
export const PROBES = ["district", "township", "community", "grid", "micro_grid"] as const;

export const probe = (layer: string): string => `gridgeo-probe-${layer}`;

/** The source in which a style finds a layer of the tiles, or null. */
export function sourceOf(map: MapLibre, tileLayer: string): string | null {
  const found = map.getStyle().layers.find((layer) => "source-layer" in layer && layer["source-layer"] === tileLayer);
  return found && "source" in found && typeof found.source === "string" ? found.source : null;
}

/** Layers that are not seen but can be asked, also at zooms where the style leaves a level out. */
export function addProbes(map: MapLibre): void {
  for (const layer of PROBES) {
    const source = sourceOf(map, layer);
    if (source === null) continue;
    map.addLayer({ id: probe(layer), type: "fill", source, "source-layer": layer, paint: { "fill-opacity": 0 } });
  }
}
