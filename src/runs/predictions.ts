import { type Config, parseConfig } from '../config/index.js';
import type { DataEvents } from '../data/index.js';
import { loadCheckpoint, type OpenedRun, type RunPredictions } from '../results/index.js';
import { evaluate } from '../train/evaluate.js';
import type { TrainReporter } from '../train/reporter.js';
import { engineLine, modelOf, setUp } from './setup.js';

export interface PredictionsRequest {
  /** Default: the run's. */
  samples?: number | undefined;
  archive?: string | undefined;
  sha256?: string | undefined;
  backend?: Config['backend']['kind'] | undefined;
  threads?: number | undefined;
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
  const { samples, archive, sha256, backend, threads, reporter, signal } = request;
  const config = parseConfig(run.config, `${run.path}/config.json`);
  const data = {
    ...config.data,
    archive: archive ?? config.data.archive,
    sha256: sha256 ?? config.data.sha256,
  };
  const kind = backend ?? config.backend.kind;
  const engine = { ...config.backend, kind, threads: threads ?? config.backend.threads };
  const checkpoint = await loadCheckpoint(run.checkpoint('best'));
  const setup = await setUp({ ...config, data, backend: engine }, { events: request.dataEvents, signal });
  reporter.note(engineLine(setup.engine));
  const model = modelOf(config);
  try {
    model.fromTorch(checkpoint.weights);
    const epoch = checkpoint.counters.epoch ?? 0;
    const result = await evaluate(model, setup.test, {
      indices: setup.plan.test,
      samples: samples ?? config.eval.samples,
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
  } finally {
    model.dispose();
    await setup.engine.dispose();
  }
}
