import type { Stream } from '../../rng.js';
import type { Planes } from './planes.js';

/** x + N(0, scale^2). */
export const gaussianNoise = (x: Planes, scale: number, stream: Stream): Planes =>
  x.map((value) => value + scale * stream.normal());

/** x (1 + N(0, scale^2)). */
export const speckleNoise = (x: Planes, scale: number, stream: Stream): Planes =>
  x.map((value) => value * (1 + scale * stream.normal()));

/** Each value is 0 or 1, with equal chances, with probability `amount`. */
export const impulseNoise = (x: Planes, amount: number, stream: Stream): Planes =>
  x.map((value) => {
    const [hit, salt] = [stream.uniform() < amount, stream.uniform() < 0.5];
    return hit ? Number(salt) : value;
  });

/** Poisson(photons x) / photons. */
export const shotNoise = (x: Planes, photons: number, stream: Stream): Planes =>
  x.map((value) => poisson(value * photons, stream) / photons);

const tables = new Map<number, Float64Array>();

/** A Poisson count of a mean of at most 600, by inversion of its distribution function. */
function poisson(mean: number, stream: Stream): number {
  let table = tables.get(mean);
  if (table === undefined) {
    table = cumulative(mean);
    tables.set(mean, table);
  }
  const u = (stream.word() * 2 ** 21 + (stream.word() >>> 11)) / 2 ** 53;
  let [low, high] = [0, table.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle] > u) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** P(count <= k) for k up to where less than 1e-20 is left. */
function cumulative(mean: number): Float64Array {
  const sums: number[] = [];
  let term = Math.exp(-mean);
  let sum = 0;
  for (let k = 0; k <= mean || term > 1e-20; k++) {
    sum += term;
    sums.push(sum);
    term *= mean / (k + 1);
  }
  return Float64Array.from(sums);
}
