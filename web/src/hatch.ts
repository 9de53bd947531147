/** Fill patterns drawn on demand: an image named `hatch-RRGGBB` is a diagonal hatch of that colour. */

export interface Picture {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

const SIDE_PX = 16;
const STROKE_PX = 3;

/** The hatch that an image id asks for, seamless on all sides, or null for any other id. */
export function hatchOf(id: string): Picture | null {
  const match = /^hatch-([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(id);
  if (!match) return null;
  const colour = match.slice(1).map((hex) => Number.parseInt(hex, 16));
  const data = new Uint8ClampedArray(SIDE_PX * SIDE_PX * 4);
  for (let y = 0; y < SIDE_PX; y += 1) {
    for (let x = 0; x < SIDE_PX; x += 1) {
      const inked = (x + y) % SIDE_PX < STROKE_PX;
      if (inked) data.set([...colour, 255], (y * SIDE_PX + x) * 4);
    }
  }
  return { width: SIDE_PX, height: SIDE_PX, data };
}
