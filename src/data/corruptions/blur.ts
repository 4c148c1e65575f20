import type { Stream } from '../../rng.js';
import { PLANE, type Planes, planesOf, SIDE } from './planes.js';

const clamp = (i: number): number => Math.min(SIDE - 1, Math.max(0, i));
/** ... 2 1 | 0 1 2 ...: OpenCV's BORDER_REFLECT_101. */
const reflect = (i: number): number => (i < 0 ? -i : i >= SIDE ? 2 * SIDE - 2 - i : i);

function normalised(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

function gauss(sigma: number, radius: number): number[] {
  return normalised(
    Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2))),
  );
}

/** A Gaussian cut off at four sigma; edges repeat (scikit-image's `gaussian`). */
export function gaussianBlur(x: Planes, sigma: number): Planes {
  const radius = Math.floor(4 * sigma + 0.5);
  if (radius === 0) return x.slice();
  const taps = gauss(sigma, radius);
  const along = (centre: number, at: (i: number) => number): number => {
    let total = 0;
    for (let i = 0; i < taps.length; i++) total += taps[i] * at(clamp(centre + i - radius));
    return total;
  };
  const columns = planesOf((plane, y, c) => along(y, (i) => x[plane + i * SIDE + c]));
  return planesOf((plane, y, c) => along(c, (i) => columns[plane + y * SIDE + i]));
}

/** A disk of `radius`, smoothed by a 3 x 3 Gaussian of sigma `alias`. @returns [size * size], an odd size */
function disk(radius: number, alias: number): { kernel: number[]; reach: number } {
  const reach = Math.floor(radius) + 1;
  const size = 2 * reach + 1;
  const at = (i: number) => [Math.floor(i / size) - reach, (i % size) - reach];
  const raw = normalised(
    Array.from({ length: size * size }, (_, i) => {
      const [y, x] = at(i);
      return x * x + y * y <= radius * radius ? 1 : 0;
    }),
  );
  const soft = gauss(alias, 1);
  const kernel = raw.map((_, i) => {
    const [y, x] = at(i);
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++) {
        const inside = Math.abs(y + dy) <= reach && Math.abs(x + dx) <= reach;
        if (inside) sum += soft[dy + 1] * soft[dx + 1] * raw[(y + dy + reach) * size + x + dx + reach];
      }
    return sum;
  });
  return { kernel, reach };
}

/** A lens out of focus: the mean over a disk. */
export function defocusBlur(x: Planes, [radius, alias]: readonly [number, number]): Planes {
  const { kernel, reach } = disk(radius, alias);
  return planesOf((plane, row, column) => {
    let sum = 0;
    let k = 0;
    for (let dy = -reach; dy <= reach; dy++)
      for (let dx = -reach; dx <= reach; dx++)
        sum += kernel[k++] * x[plane + reflect(row + dy) * SIDE + reflect(column + dx)];
    return sum;
  });
}

/** The mean of the image and of its centre enlarged by 1, 1.01, 1.02, ... below `end`. */
export function zoomBlur(x: Planes, end: number): Planes {
  const out = x.slice();
  const steps = Math.ceil((end - 1) / 0.01);
  for (let step = 0; step < steps; step++) {
    const zoomed = enlarged(x, 1 + step * 0.01);
    for (let i = 0; i < out.length; i++) out[i] += zoomed[i];
  }
  return out.map((value) => value / (steps + 1));
}

/** The centre by linear interpolation, its corners on the corners of the result (`scipy.ndimage.zoom`). */
function enlarged(x: Planes, factor: number): Planes {
  const crop = Math.ceil(SIDE / factor);
  const top = Math.floor((SIDE - crop) / 2);
  const size = Math.round(crop * factor);
  const trim = Math.floor((size - SIDE) / 2);
  const place = (i: number) => ((i + trim) * (crop - 1)) / (size - 1);
  return planesOf((plane, row, column) => {
    const [v, u] = [place(row), place(column)];
    const [y, c] = [Math.min(Math.floor(v), crop - 2), Math.min(Math.floor(u), crop - 2)];
    const at = (dy: number, dx: number) => x[plane + (top + y + dy) * SIDE + top + c + dx];
    const upper = at(0, 0) * (1 - u + c) + at(0, 1) * (u - c);
    const lower = at(1, 0) * (1 - u + c) + at(1, 1) * (u - c);
    return upper * (1 - v + y) + lower * (v - y);
  });
}

/** Blurred, pixels replaced by a neighbour up to the left, blurred. What the published code does is no swap. */
export function glassBlur(x: Planes, [sigma, rounds]: readonly [number, number], stream: Stream): Planes {
  const soft = gaussianBlur(x, sigma).map((value) => Math.floor(value * 255 + 1e-9) / 255);
  for (let round = 0; round < rounds; round++)
    for (let h = SIDE - 1; h > 1; h--)
      for (let w = SIDE - 1; w > 1; w--) {
        const from = (h - stream.below(2)) * SIDE + w - stream.below(2);
        for (let plane = 0; plane < soft.length; plane += PLANE)
          soft[plane + h * SIDE + w] = soft[plane + from];
      }
  return gaussianBlur(soft, sigma);
}
