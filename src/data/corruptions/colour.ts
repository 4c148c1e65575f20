import type { Stream } from '../../rng.js';
import { clip, PLANE, type Planes, planesOf, SIDE } from './planes.js';

/** Each plane's deviations from its mean, times `factor`. */
export function contrast(x: Planes, factor: number): Planes {
  const means = [0, 1, 2].map(
    (c) => x.subarray(c * PLANE, (c + 1) * PLANE).reduce((a, b) => a + b, 0) / PLANE,
  );
  return x.map((value, i) => {
    const mean = means[Math.floor(i / PLANE)];
    return (value - mean) * factor + mean;
  });
}

/** Applies `change` to each pixel's red, green and blue. */
function mapPixels(x: Planes, change: (rgb: [number, number, number]) => readonly number[]): Planes {
  const out = new Float64Array(x.length);
  for (let i = 0; i < PLANE; i++) {
    const rgb = change([x[i], x[i + PLANE], x[i + 2 * PLANE]]);
    for (let c = 0; c < 3; c++) out[i + c * PLANE] = rgb[c];
  }
  return out;
}

/** The value of HSV plus `amount`, hue and saturation kept. */
export function brightness(x: Planes, amount: number): Planes {
  return mapPixels(x, (rgb) => {
    const value = Math.max(...rgb);
    const target = clip(value + amount);
    return value === 0 ? [target, target, target] : rgb.map((c) => (c * target) / value);
  });
}

/** The saturation of HSV times `factor` plus `offset`, hue and value kept; grey has the hue of red. */
export function saturate(x: Planes, [factor, offset]: readonly [number, number]): Planes {
  return mapPixels(x, (rgb) => {
    const value = Math.max(...rgb);
    const saturation = value === 0 ? 0 : (value - Math.min(...rgb)) / value;
    const target = clip(saturation * factor + offset);
    if (saturation === 0) return [value, value * (1 - target), value * (1 - target)];
    return rgb.map((c) => value - ((value - c) * target) / saturation);
  });
}

/** (x + amount * plasma) * m / (m + amount), m the image's largest value. */
export function fog(x: Planes, [amount, decay]: readonly [number, number], stream: Stream): Planes {
  const most = x.reduce((a, b) => Math.max(a, b), 0);
  const cloud = plasma(decay, stream);
  return planesOf((plane, row, column) => {
    const i = row * SIDE + column;
    return ((x[plane + i] + amount * cloud[i]) * most) / (most + amount);
  });
}

/** A cloud by the diamond-square algorithm on a torus, 0 to 1: wobble 100 at first, divided by `decay` a level. */
function plasma(decay: number, stream: Stream): Float64Array {
  const map = new Float64Array(PLANE);
  const at = (y: number, x: number) => map[((y + SIDE) % SIDE) * SIDE + ((x + SIDE) % SIDE)];
  let wobble = 100;
  for (let step = SIDE; step >= 2; step /= 2, wobble /= decay) {
    const half = step / 2;
    const mean = (sum: number) => sum / 4 + wobble * wobble * (2 * stream.uniform() - 1);
    const fill = (y0: number, x0: number, sum: (y: number, x: number) => number) => {
      for (let y = y0; y < SIDE; y += step)
        for (let x = x0; x < SIDE; x += step) map[y * SIDE + x] = mean(sum(y, x));
    };
    const diamond = (y: number, x: number) =>
      at(y - half, x) + at(y + half, x) + at(y, x - half) + at(y, x + half);
    fill(half, half, (y, x) =>
      [-half, half].reduce((sum, d) => sum + at(y + d, x - half) + at(y + d, x + half), 0),
    );
    fill(0, half, diamond);
    fill(half, 0, diamond);
  }
  const least = map.reduce((a, b) => Math.min(a, b));
  const range = map.reduce((a, b) => Math.max(a, b)) - least;
  return map.map((value) => (value - least) / range);
}
