import { clip, PLANE, type Planes } from './planes.js';

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
