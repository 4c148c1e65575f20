import type { Stream } from '../../rng.js';
import { clamped, mirrored } from './edges.js';
import { gauss, normalised, smoothed } from './gauss.js';
import { PLANE, type Planes, planesOf, SIDE, wholeByte } from './planes.js';
import { enlarged } from './zoom.js';

/** A Gaussian cut off at four sigma; edges repeat (scikit-image's `gaussian`). */
export function gaussianBlur(x: Planes, sigma: number): Planes {
  return smoothed(x, sigma, 4, clamped);
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
        sum += kernel[k++] * x[plane + mirrored(row + dy) * SIDE + mirrored(column + dx)];
    return sum;
  });
}

/** The mean of the image and of its centre enlarged by 1, 1.01, 1.02, ... below `end`. */
export function zoomBlur(x: Planes, end: number): Planes {
  const out = x.slice();
  const steps = Math.ceil((end - 1) / 0.01);
  for (let step = 0; step < steps; step++) {
    // As `numpy.arange(1, end, 0.01)` has them: 1.25 comes out above itself, which decides how it is rounded.
    const zoomed = enlarged(x, 1 + step * (1.01 - 1));
    for (let i = 0; i < out.length; i++) out[i] += zoomed[i];
  }
  return out.map((value) => value / (steps + 1));
}

/** Blurred, pixels replaced by a neighbour up to the left, blurred. What the published code does is no swap. */
export function glassBlur(x: Planes, [sigma, rounds]: readonly [number, number], stream: Stream): Planes {
  const soft = gaussianBlur(x, sigma).map((value) => wholeByte(value) / 255);
  for (let round = 0; round < rounds; round++)
    for (let h = SIDE - 1; h > 1; h--)
      for (let w = SIDE - 1; w > 1; w--) {
        const from = (h - stream.below(2)) * SIDE + w - stream.below(2);
        for (let plane = 0; plane < soft.length; plane += PLANE)
          soft[plane + h * SIDE + w] = soft[plane + from];
      }
  return gaussianBlur(soft, sigma);
}
