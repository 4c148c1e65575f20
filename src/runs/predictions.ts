import type { DataEvents } from '../data/index.js';
import type { PredictionMetrics } from '../metrics/index.js';
import type { OpenedRun, RunPredictions } from '../results/index.js';
import { evaluate } from '../train/evaluate.js';
import type { TrainReporter } from '../train/reporter.js';
import { engineLine, type Setup, setUp } from './setup.js';
import { openModel, type StoredModelRequest, withModel } from './stored-model.js';

export interface PredictionsRequest extends Omit<StoredModelRequest, 'run' | 'checkpoint'> {
  reporter: TrainReporter;
  dataEvents?: DataEvents | undefined;
  signal?: AbortSignal | undefined;
}

/** What a run's best checkpoint gives its test images. */
export interface TestEvaluation {
  predictions: RunPredictions;
  metrics: PredictionMetrics;
  /** What it ran on, for reading: the engine is stopped. */
  setup: Pick<Setup, 'engine' | 'dataset'>;
}

/**
 * Evaluates a run's best checkpoint on its test images for what each image is given.
 * @throws BayescnnError when its data or its checkpoint cannot be used
 */
export async function evaluateTestImages(
  run: OpenedRun,
  request: PredictionsRequest,
): Promise<TestEvaluation> {
  const { reporter, signal } = request;
  const opened = await openModel({ ...request, run: run.path, checkpoint: 'best' });
  const setup = await setUp(opened.config, { events: request.dataEvents, signal });
  reporter.note(engineLine(setup.engine));
  return withModel(opened, setup.engine, async ({ config, epoch, classifier }) => {
    const {
      images,
      kl: _,
      ...metrics
    } = await evaluate(classifier, setup.test, {
      indices: setup.plan.test,
      samples: config.eval.samples,
      batchSize: config.eval.batchSize,
      epoch,
      signal,
      keepImages: true,
      onProgress: (done, total) => reporter.evaluating(done, total),
    });
    const predictions: RunPredictions = {
      ...(images as NonNullable<typeof images>),
      indices: setup.plan.test,
      checkpoint: 'best',
      epoch,
      samples: metrics.samples,
      split: 'test',
      dataset: setup.dataset.sha256,
    };
    return { predictions, metrics, setup };
  });
}
