import { setImmediate } from 'node:timers/promises';
import { BayescnnError } from '../errors.js';
import { type LoadedCheckpoint, saveCheckpoint } from '../results/index.js';
import {
  checkSize,
  type LaplacePosterior,
  type LastLayer,
  LastLayerHessian,
  laplaceAt,
  laplaceByEvidence,
} from '../train/laplace.js';
import { lastLayerOf } from '../train/laplace-classifier.js';
import { Predictor } from '../train/predict.js';
import { isBayesian } from './compared-run.js';
import { copyRun, type DerivedSummary, type DeriveRequest, makeRun, ownConfig, sourceOf } from './derive.js';
import { engineLine, type Setup, setUp } from './setup.js';
import { type OpenedModel, openModel, type StoredModel, withModel } from './stored-model.js';

export interface LaplaceRequest extends DeriveRequest {
  /** Run folder. */
  run: string;
  /** `best`, `last` or a file. */
  checkpoint: string;
  /** Precision of the prior; undefined: that of the highest marginal likelihood. */
  priorPrecision?: number | undefined;
}

/**
 * Gives the last layer of a trained CNN its Laplace posterior, fitted on the training images, and makes a run of it.
 * @throws BayescnnError 'usage' for a run that has a posterior, or a last layer that is too wide
 */
export async function makeLaplace(request: LaplaceRequest): Promise<DerivedSummary> {
  const opened = await openModel(request);
  const checkpoint = plainCheckpoint(opened);
  const setup = await setUp(opened.config, { events: request.dataEvents, signal: request.signal });
  request.reporter.note(engineLine(setup.engine));
  const { posterior, layer, images } = await withModel(opened, setup.engine, (stored) =>
    posteriorOf(stored, setup, request),
  );
  const size = layer.weights.length;
  const factor = { shape: [size, size], data: Float32Array.from(posterior.factor.data) };
  const { samples, priorPrecision } = request;
  const derived = {
    settings: { laplace: priorPrecision ?? 'marginal likelihood' },
    from: [sourceOf(opened)],
    facts: {
      prior_precision: posterior.priorPrecision,
      log_marginal_likelihood: posterior.logMarginalLikelihood,
      parameters: size,
      images,
    },
  };
  const fill = async (folder: { path: string }) => {
    await copyRun(opened, folder.path);
    const { weights, swag, counters, meta } = checkpoint;
    const laplace = { precision_cholesky: factor };
    await saveCheckpoint(folder.path, 'best', { weights, optimizer: {}, swag, laplace, counters, meta });
  };
  const own = ownConfig(opened);
  const config = { ...own, eval: { ...own.eval, samples: samples ?? own.eval.samples } };
  const name = `${opened.run.name}-laplace`;
  return makeRun({ name, config, derived, fill }, [opened.run], request);
}

/** The checkpoint of a network without any posterior, as it was trained. */
function plainCheckpoint({ run, config, checkpoint }: OpenedModel): LoadedCheckpoint {
  if (checkpoint !== null && run.derived === null && !isBayesian(config)) return checkpoint;
  const got = run.derived === null ? 'one with a posterior' : 'one made of others';
  throw new BayescnnError(
    'usage',
    `laplace: expected a trained run without a posterior, got ${got}: ${run.path}`,
    {
      hint: 'train with model.bayesian none, without MC dropout or SWAG (but for SWA); calibrate what laplace makes, not before',
    },
  );
}

/** Images between two looks at the signal. */
const CHUNK = 256;

async function posteriorOf(
  { models: [model], epoch }: StoredModel,
  { plan, train }: Setup,
  { priorPrecision, reporter, signal }: LaplaceRequest,
): Promise<{ posterior: LaplacePosterior; layer: LastLayer; images: number }> {
  const layer = lastLayerOf(model);
  checkSize(layer);
  const hessian = new LastLayerHessian(layer);
  const predictor = new Predictor(model, train, { samples: 1, epoch, features: true });
  const features = new Float64Array(predictor.images * layer.features);
  try {
    const step = Math.min(CHUNK, predictor.images);
    for (let first = 0; first < plan.train.length; first += step) {
      signal?.throwIfAborted();
      const indices = plan.train.subarray(first, first + step);
      predictor.logits(indices, first, [features], 0);
      indices.forEach((index, b) => {
        hessian.add(features, b * layer.features, train.labels[index]);
      });
      reporter.evaluating(Math.min(plan.train.length, first + step), plan.train.length);
      await setImmediate();
    }
  } finally {
    predictor.dispose();
  }
  const posterior =
    priorPrecision === undefined
      ? laplaceByEvidence(hessian, layer)
      : laplaceAt(hessian, layer, priorPrecision);
  reporter.note(
    `prior precision ${posterior.priorPrecision.toPrecision(4)}, log marginal likelihood ${posterior.logMarginalLikelihood.toFixed(1)}`,
  );
  return { posterior, layer, images: hessian.images };
}
