import type { Stream } from '../../rng.js';
import { clamped } from './edges.js';
import { normalised } from './gauss.js';
import { PLANE, type Planes, planesOf, SIDE, wholeByte } from './planes.js';

/** Blurred along a line at an angle drawn from -45 to 45 degrees. */
export function motionBlur(x: Planes, [radius, sigma]: readonly [number, number], stream: Stream): Planes {
  return motionBlurred(x, radius, sigma, -45 + 90 * stream.uniform());
}

/**
 * The mean of the 2 radius + 1 pixels that follow along a line, under half a Gaussian; edges repeat, cut off to bytes
 * (ImageMagick's `-motion-blur`, which the published code calls).
 * @param angle degrees, clockwise from the right
 */
export function motionBlurred(x: Planes, radius: number, sigma: number, angle: number): Planes {
  const turn = (angle * Math.PI) / 180;
  const weights = normalised(
    Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-(i ** 2) / (2 * sigma ** 2))),
  );
  const taps = weights.map((weight, i) => ({
    weight,
    right: Math.ceil(i * Math.cos(turn) - 0.5),
    down: Math.ceil(i * Math.sin(turn) - 0.5),
  }));
  return planesOf((plane, row, column) => {
    let sum = 0;
    for (const { weight, right, down } of taps)
      sum += weight * x[plane + clamped(row + down) * SIDE + clamped(column + right)];
    return wholeByte(sum) / 255;
  }, x.length / PLANE);
}
