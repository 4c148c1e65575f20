import type { Stream } from '../../rng.js';
import { motionBlurred } from './motion.js';
import { PLANE, type Planes, planesOf, SIDE, wholeByte } from './planes.js';
import { plasma } from './plasma.js';
import { enlarged } from './zoom.js';

/** (x + amount * plasma) * m / (m + amount), m the image's largest value. */
export function fog(x: Planes, [amount, decay]: readonly [number, number], stream: Stream): Planes {
  const most = x.reduce((a, b) => Math.max(a, b), 0);
  const cloud = plasma(decay, stream);
  return planesOf((plane, row, column) => {
    const i = row * SIDE + column;
    return ((x[plane + i] + amount * cloud[i]) * most) / (most + amount);
  });
}

/** Red, green and blue of frost. */
const FROST_TINT = [0.85, 0.93, 1];

/**
 * share * x + amount * frost. The published code crops photographs of frosted glass; here frost is
 * tint * (1/4 + 3/4 (3/5 r^2 + 2/5 q)) with ridges r = 1 - |2 p - 1| of a coarse cloud p and a fine cloud q.
 */
export function frost(x: Planes, [share, amount]: readonly [number, number], stream: Stream): Planes {
  const ridges = plasma(2, stream).map((value) => 1 - Math.abs(2 * value - 1));
  const grain = plasma(1.5, stream);
  const layer = ridges.map((ridge, i) => 0.25 + 0.75 * (0.6 * ridge * ridge + 0.4 * grain[i]));
  return x.map((value, i) => share * value + amount * FROST_TINT[Math.floor(i / PLANE)] * layer[i % PLANE]);
}

/** Strengths of snow. */
export interface Snowfall {
  /** Mean and standard deviation of the layer before it is cut off. */
  readonly mean: number;
  readonly deviation: number;
  /** Enlargement of the layer: the size of flakes. */
  readonly zoom: number;
  /** What lies below is no flake. */
  readonly threshold: number;
  /** Of the flakes' motion blur. */
  readonly radius: number;
  readonly sigma: number;
  /** Share of the image that is not whitened. */
  readonly share: number;
}

/** Enlarged noise above a threshold, in bytes, blurred at an angle of -135 to -45 degrees; the image is whitened. */
export function snow(x: Planes, fall: Snowfall, stream: Stream): Planes {
  const noise = planesOf(() => fall.mean + fall.deviation * stream.normal(), 1);
  const flakes = enlarged(noise, fall.zoom).map((value) =>
    value < fall.threshold ? 0 : wholeByte(value) / 255,
  );
  const layer = motionBlurred(flakes, fall.radius, fall.sigma, -135 + 90 * stream.uniform());
  const { share } = fall;
  return x.map((value, i) => {
    const at = i % PLANE;
    const grey = 0.299 * x[at] + 0.587 * x[at + PLANE] + 0.114 * x[at + 2 * PLANE];
    const whitened = share * value + (1 - share) * Math.max(value, 1.5 * grey + 0.5);
    // The layer and the layer turned by half a turn.
    return whitened + layer[at] + layer[PLANE - 1 - at];
  });
}
