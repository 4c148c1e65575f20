import { tf } from '../backends/tfjs.js';
import { type SignalToNoise, signalToNoise, type VariationalValues } from '../metrics/index.js';
import type { Model } from '../models/index.js';
import { evaluationClock } from './evaluation-clock.js';

/** A row of posterior.jsonl: one Bayesian layer after one epoch. */
export interface PosteriorRow extends SignalToNoise {
  epoch: number;
  layer: string;
  /** The layer's share of the complexity term, KL(q || prior) in nats. */
  kl: number;
}

/** How each Bayesian layer of a model stands; no rows for a network without a posterior. */
export function posteriorRows(model: Model, epoch: number): PosteriorRow[] {
  if (model.bayesianLayers.length === 0) return [];
  const kl = layerKls(model, epoch);
  return model.bayesianLayers.map((layer) => {
    // In the order of the file's columns, which a resumed run reads them from: summary.json holds them too.
    const { weights, ...ratios } = signalToNoise(variationalValues(model, layer));
    return { epoch, layer, weights, kl: kl[layer], ...ratios };
  });
}

function layerKls(model: Model, epoch: number): Record<string, number> {
  const kls: Record<string, number> = {};
  tf.tidy(() => {
    // For priors whose KL is drawn.
    const clock = tf.tensor1d(evaluationClock(epoch, 0, 0), 'int32');
    const { layers } = model.weights(clock);
    for (const name of model.bayesianLayers) kls[name] = (layers[name].kl as tf.Scalar).dataSync()[0];
  });
  return kls;
}

/** The layer's pairs `<name>_mu`, `<name>_rho`; the order of elements within a tensor does not matter here. */
function variationalValues(model: Model, layer: string): VariationalValues[] {
  const values = new Map(model.parameters.map(({ name, variable }) => [name, variable]));
  const read = (name: string) => (values.get(name) as tf.Variable).dataSync() as Float32Array;
  return [...values.keys()]
    .filter((name) => name.startsWith(`${layer}.`) && name.endsWith('_mu'))
    .map((mu) => ({ mu: read(mu), rho: read(mu.replace(/_mu$/, '_rho')) }));
}
