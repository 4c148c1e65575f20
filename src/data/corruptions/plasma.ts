import type { Stream } from '../../rng.js';
import { PLANE, SIDE } from './planes.js';

/** A cloud by the diamond-square algorithm on a torus, 0 to 1: wobble 100 at first, divided by `decay` a level. */
export function plasma(decay: number, stream: Stream): Float64Array {
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
