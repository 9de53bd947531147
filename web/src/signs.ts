/** Signs that stand on the map as elements of the page: the pin, and the words at a border. */
import type { PositionAnchor } from "maplibre-gl";
import type { LonLat } from "./api";
import { element } from "./dom";
import { metresPerDegree } from "./geo";

export function pin(): HTMLElement {
  const sign = element("div", { class: "pin", attrs: { "aria-hidden": "true" } });
  sign.innerHTML = '<svg viewBox="0 0 28 36"><path d="M14 35C9 27 2 21 2 13.5a12 12 0 0 1 24 0C26 21 19 27 14 35Z"/><circle cx="14" cy="13.5" r="4.6"/></svg>';
  return sign;
}

interface Tag {
  element: HTMLElement;
  anchor: PositionAnchor;
  offset: [number, number];
}

const GAP_PX = 10;
const WIDTH_PX = 270; // as wide as the style sheet lets it be

/** The words beyond a border: on the far side of it, seen from the point, where there is room. */
export function borderTag(
  from: LonLat, to: [number, number], metres: string, beyond: string, room_px: number,
): Tag {
  const degree_m = metresPerDegree(from.lat);
  const east_m = (to[0] - from.lon) * degree_m.lon;
  const north_m = (to[1] - from.lat) * degree_m.lat;
  const sign = element(
    "div",
    { class: "border-tag", attrs: { "aria-hidden": "true" } },
    element("strong", { text: metres }),
    beyond ? element("span", { text: beyond }) : null,
  );
  if (Math.abs(east_m) > Math.abs(north_m) && room_px > WIDTH_PX) {
    return { element: sign, anchor: east_m > 0 ? "left" : "right", offset: [Math.sign(east_m) * GAP_PX, 0] };
  }
  const up = north_m > 0;
  return { element: sign, anchor: up ? "bottom" : "top", offset: [0, up ? -GAP_PX : GAP_PX] };
}
