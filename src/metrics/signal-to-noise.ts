import { sigmaOf } from '../models/initialize.js';
import { metricError } from './check.js';

/** Bins of log10 |mu| / sigma: `count` of equal width from `low` to `high`; what lies beyond goes to the end bins. */
export const SNR_BINS = { low: -4, high: 2, count: 24 } as const;

/** One variational tensor as its parameters: means, and rho with sigma = softplus(rho). */
export interface VariationalValues {
  readonly mu: Float32Array;
  readonly rho: Float32Array;
}

/** How the weights of a layer stand to their noise (the signal-to-noise ratio of Blundell et al. 2015, section 5.2). */
export interface SignalToNoise {
  /** Number of weights, biases included. */
  weights: number;
  mean_sigma: number;
  /** Quantiles of |mu| / sigma: the median, and what 95 % of the weights are at or below. */
  median_snr: number;
  p95_snr: number;
  /** Weights in each of `SNR_BINS`. */
  snr_histogram: number[];
}

/** The bin of a signal-to-noise ratio; 0 and infinity have one too. */
function snrBin(snr: number): number {
  const { low, high, count } = SNR_BINS;
  const bin = Math.floor(((Math.log10(snr) - low) / (high - low)) * count);
  return Math.min(count - 1, Math.max(0, bin));
}

/** The smallest value that at least `share` of the sorted values are at or below. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * Statistics of |mu| / sigma over all weights of a layer.
 * @throws BayescnnError 'failure' when there are no weights, or mu and rho differ in number
 */
export function signalToNoise(tensors: readonly VariationalValues[]): SignalToNoise {
  const weights = tensors.reduce((sum, { mu }) => sum + mu.length, 0);
  if (weights === 0 || tensors.some(({ mu, rho }) => mu.length !== rho.length)) {
    const what = `needs as many rho as mu, and at least one, got ${weights} mu`;
    throw metricError('signalToNoise', what, 'pass both parameters of a layer');
  }
  const ratios = new Float64Array(weights);
  const snr_histogram = new Array<number>(SNR_BINS.count).fill(0);
  let sigmas = 0;
  let at = 0;
  for (const { mu, rho } of tensors) {
    for (let i = 0; i < mu.length; i++) {
      const sigma = sigmaOf(rho[i]);
      // Finite, so that it can be written: softplus underflows far below any rho that trains.
      const snr = mu[i] === 0 ? 0 : Math.min(Number.MAX_VALUE, Math.abs(mu[i]) / sigma);
      sigmas += sigma;
      snr_histogram[snrBin(snr)]++;
      ratios[at++] = snr;
    }
  }
  ratios.sort();
  const [median_snr, p95_snr] = [quantile(ratios, 0.5), quantile(ratios, 0.95)];
  return { weights, mean_sigma: sigmas / weights, median_snr, p95_snr, snr_histogram };
}
