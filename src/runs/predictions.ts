import type { DataEvents } from '../data/index.js';
import type { OpenedRun, RunPredictions } from '../results/index.js';
import { evaluate } from '../train/evaluate.js';
import type { TrainReporter } from '../train/reporter.js';
import { engineLine, setUp } from './setup.js';
import { openModel, type StoredModelRequest, withModel } from './stored-model.js';

export interface PredictionsRequest extends Omit<StoredModelRequest, 'run' | 'checkpoint'> {
  reporter: TrainReporter;
  dataEvents?: DataEvents | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Evaluates a run's best checkpoint on its test images for what each image is given.
 * @throws BayescnnError when its data or its checkpoint cannot be used
 */
export async function predictTestImages(
  run: OpenedRun,
  request: PredictionsRequest,
): Promise<RunPredictions> {
  const { reporter, signal } = request;
  const opened = await openModel({ ...request, run: run.path, checkpoint: 'best' });
  const setup = await setUp(opened.config, { events: request.dataEvents, signal });
  reporter.note(engineLine(setup.engine));
  return withModel(opened, setup.engine, async ({ config, checkpoint, model }) => {
    const epoch = checkpoint.counters.epoch ?? 0;
    const result = await evaluate(model, setup.test, {
      indices: setup.plan.test,
      samples: config.eval.samples,
      batchSize: config.eval.batchSize,
      epoch,
      signal,
      keepImages: true,
      onProgress: (done, total) => reporter.evaluating(done, total),
    });
    return {
      ...(result.images as NonNullable<typeof result.images>),
      indices: setup.plan.test,
      checkpoint: 'best',
      epoch,
      samples: result.samples,
      split: 'test',
      dataset: setup.dataset.sha256,
    };
  });
}
