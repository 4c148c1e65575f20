import { checkLabels, type Labels, type Numbers, sampleRows } from './check.js';

/** A fitted temperature, and the mean negative log likelihood on the images of the fit, nats. */
export interface TemperatureFit {
  temperature: number;
  /** At temperature 1. */
  nll_before: number;
  /** At the fitted one: never higher. */
  nll: number;
  /** Images of the fit. */
  n: number;
}

/** Temperatures are searched from 1 / RANGE to RANGE. */
const RANGE = 20;
/** Steps of log T on each side of T = 1 before the refinement. */
const STEPS = 24;
/** The refinement ends where log T is known this well. */
const PRECISION = 1e-7;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The temperature of the lowest NLL (Guo et al. 2017, section 4.2), searched over log T: on a grid, then by golden
 * section around its best point. Of a single prediction an image the NLL is convex in 1 / T, so there is one minimum; of
 * several, whose distributions are averaged behind the scaling, the grid finds the lowest valley. T = 1 is a point of the
 * grid, so that the NLL never rises.
 * @param logits [samples] of flat [images * classes]
 * @param labels [images] class indices
 */
export function fitTemperature(logits: readonly Numbers[], labels: Labels, classes: number): TemperatureFit {
  const n = sampleRows('fitTemperature', logits, classes);
  checkLabels('fitTemperature', labels, n, classes);
  const seen: { logT: number; nll: number }[] = [];
  const at = (logT: number): number => {
    const nll = temperedNll(logits, labels, classes, Math.exp(logT));
    seen.push({ logT, nll });
    return nll;
  };
  const step = Math.log(RANGE) / STEPS;
  const grid = Array.from({ length: 2 * STEPS + 1 }, (_, i) => (i - STEPS) * step);
  const values = grid.map(at);
  const lowest = grid[values.indexOf(Math.min(...values))];
  goldenSection(at, lowest - step, lowest + step);
  const best = seen.reduce((least, point) => (point.nll < least.nll ? point : least), {
    logT: 0,
    nll: values[STEPS],
  });
  return { temperature: Math.exp(best.logT), nll_before: values[STEPS], nll: best.nll, n };
}

/** Visits points ever nearer to a minimum in (low, high). */
function goldenSection(at: (x: number) => number, low: number, high: number): void {
  let [a, b] = [low, high];
  let [c, d] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)];
  let [atC, atD] = [at(c), at(d)];
  while (b - a > PRECISION) {
    if (atC <= atD) {
      [b, d, atD] = [d, c, atC];
      c = b - GOLDEN * (b - a);
      atC = at(c);
    } else {
      [a, c, atC] = [c, d, atD];
      d = a + GOLDEN * (b - a);
      atD = at(d);
    }
  }
}

/**
 * Mean NLL of the averaged distribution where every prediction's logits are divided by `temperature`.
 * @param logits [samples] of flat [images * classes]
 */
export function temperedNll(
  logits: readonly Numbers[],
  labels: Labels,
  classes: number,
  temperature: number,
): number {
  let sum = 0;
  const logProbabilities = new Float64Array(logits.length);
  for (let image = 0; image < labels.length; image++) {
    logits.forEach((sample, s) => {
      logProbabilities[s] = logProbability(sample, image * classes, classes, labels[image], temperature);
    });
    const highest = logProbabilities.reduce((most, value) => Math.max(most, value), -Infinity);
    let total = 0;
    for (const value of logProbabilities) total += Math.exp(value - highest);
    sum += Math.log(logits.length) - highest - Math.log(total);
  }
  return sum / labels.length;
}

function logProbability(logits: Numbers, from: number, classes: number, label: number, t: number): number {
  let maximum = -Infinity;
  for (let k = 0; k < classes; k++) maximum = Math.max(maximum, logits[from + k]);
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += Math.exp((logits[from + k] - maximum) / t);
  return (logits[from + label] - maximum) / t - Math.log(sum);
}
