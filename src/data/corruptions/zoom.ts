import { clamped } from './edges.js';
import { interpolated } from './interpolate.js';
import { PLANE, type Planes, planesOf, SIDE } from './planes.js';

/** The centre by linear interpolation, its corners on the corners of the result (`scipy.ndimage.zoom`). */
export function enlarged(x: Planes, factor: number): Planes {
  const crop = Math.ceil(SIDE / factor);
  const top = Math.floor((SIDE - crop) / 2);
  const size = evenRounded(crop * factor);
  const trim = Math.floor((size - SIDE) / 2);
  const place = (i: number) => top + ((i + trim) * (crop - 1)) / (size - 1);
  return planesOf(
    (plane, row, column) => interpolated(x, plane, place(row), place(column), clamped),
    x.length / PLANE,
  );
}

/** Rounded as Python does, halves to the even neighbour. */
function evenRounded(value: number): number {
  const below = Math.floor(value);
  if (value - below === 0.5) return below + (below % 2);
  return Math.round(value);
}
