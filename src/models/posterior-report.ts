import { sigmaOf } from './initialize.js';
import type { TorchRecord } from './torch-record.js';

/** Noise this many times the signal is told: the default start of a LeNet's second convolution has 1.1 and trains. */
const NOISE_LIMIT = 2;

/** A variational pair: `conv1.weight` with its means and standard deviations. */
interface Pair {
  readonly name: string;
  readonly mu: Float32Array;
  readonly sigma: Float64Array;
}

function sigmasOf(rho: Float32Array): Float64Array {
  const result = new Float64Array(rho.length);
  for (let i = 0; i < rho.length; i++) result[i] = sigmaOf(rho[i]);
  return result;
}

function pairsOf(record: TorchRecord): Pair[] {
  const names = Object.keys(record).filter((name) => name.endsWith('_rho'));
  return names.map((rho) => {
    const name = rho.slice(0, -'_rho'.length);
    return { name, mu: record[`${name}_mu`].data, sigma: sigmasOf(record[rho].data) };
  });
}

/** Root mean square. */
function rms(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum / values.length);
}

/**
 * What will keep a posterior from training, one sentence each: rho without a gradient from the data, because the clamp
 * is active at every weight of a tensor; noise well above the signal (rms sigma over 2 rms mu of a weight tensor).
 * @param clamp floor of sigma^2 in the activation variance; 0: none
 */
export function posteriorWarnings(record: TorchRecord, clamp: number): string[] {
  const pairs = pairsOf(record);
  const stuck = pairs.filter(({ sigma }) => sigma.every((s) => s * s < clamp)).map(({ name }) => name);
  const noisy = pairs
    .filter(({ name }) => name.endsWith('.weight'))
    .map(({ name, mu, sigma }) => ({ name, noise: rms(sigma), signal: rms(mu) }))
    .filter(({ noise, signal }) => noise > NOISE_LIMIT * signal);
  return [
    ...(stuck.length > 0
      ? [
          `the data give rho no gradient in ${stuck.join(', ')}: sigma^2 is below model.posterior.clamp ${clamp} everywhere; set the clamp to 0`,
        ]
      : []),
    ...noisy.map(
      ({ name, noise, signal }) =>
        `noise drowns the signal in ${name}: rms sigma ${noise.toPrecision(3)} is ${(noise / signal).toPrecision(2)} times rms mu ${signal.toPrecision(3)}; start with a smaller sigma`,
    ),
  ];
}

/** The standard deviation that empirical Bayes gives the prior of each pair, sqrt(mean(sigma^2 + mu^2)). */
export function empiricalSigmas(record: TorchRecord): Record<string, number> {
  return Object.fromEntries(
    pairsOf(record).map(({ name, mu, sigma }) => [name, Math.hypot(rms(mu), rms(sigma))]),
  );
}
