import { type Config, parseConfig } from '../config/index.js';
import type { DataEvents } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import { loadCheckpoint, openRun } from '../results/index.js';
import { type EvaluationResult, evaluate } from '../train/evaluate.js';
import type { TrainReporter } from '../train/reporter.js';
import type { LabelledSource } from '../train/step.js';
import { engineLine, modelOf, type Setup, setUp } from './setup.js';

export type SplitName = 'test' | 'train' | 'validation';

export interface EvaluationRequest {
  /** Run folder. */
  run: string;
  /** `best`, `last` or a file. */
  checkpoint: string;
  /** Default: the run's. */
  samples?: number | undefined;
  split: SplitName;
  archive?: string | undefined;
  sha256?: string | undefined;
  /** The first images of the split only. */
  subset?: number | undefined;
  backend?: Config['backend']['kind'] | undefined;
  threads?: number | undefined;
  reporter: TrainReporter;
  dataEvents?: DataEvents;
  signal?: AbortSignal;
}

/** What `eval --json` prints: the metrics of the averaged predictive distribution. */
export interface EvaluationReport extends EvaluationResult {
  run: string;
  checkpoint: string;
  epoch: number;
  split: SplitName;
  engine: string;
}

/**
 * Evaluates a checkpoint of a run on one of its splits.
 * @throws BayescnnError when the run, its data or its checkpoint cannot be used
 */
export async function runEvaluation(request: EvaluationRequest): Promise<EvaluationReport> {
  const run = await openRun(request.run);
  const config = overridden(parseConfig(run.config, `${run.path}/config.json`), request);
  const file = run.checkpoint(request.checkpoint);
  const checkpoint = await loadCheckpoint(file);
  const setup = await setUp(config, { events: request.dataEvents, signal: request.signal });
  request.reporter.note(engineLine(setup.engine));
  const model = modelOf(config);
  try {
    model.fromTorch(checkpoint.weights);
    const { source, indices } = imagesOf(setup, request);
    const epoch = checkpoint.counters.epoch ?? 0;
    const metrics = await evaluate(model, source, {
      indices,
      samples: config.eval.samples,
      batchSize: config.eval.batchSize,
      epoch,
      signal: request.signal,
      onProgress: (done, total) => request.reporter.evaluating(done, total),
    });
    return {
      ...metrics,
      run: run.path,
      checkpoint: file,
      epoch,
      split: request.split,
      engine: setup.engine.name,
    };
  } finally {
    model.dispose();
    await setup.engine.dispose();
  }
}

function overridden(
  config: Config,
  { samples, archive, sha256, backend, threads }: EvaluationRequest,
): Config {
  return {
    ...config,
    data: { ...config.data, archive: archive ?? config.data.archive, sha256: sha256 ?? config.data.sha256 },
    eval: { ...config.eval, samples: samples ?? config.eval.samples },
    backend: {
      ...config.backend,
      kind: backend ?? config.backend.kind,
      threads: threads ?? config.backend.threads,
    },
  };
}

function imagesOf(
  { train, test, plan }: Setup,
  { split, subset }: EvaluationRequest,
): { source: LabelledSource; indices: Int32Array } {
  const all = plan[split];
  if (all.length === 0) {
    throw new BayescnnError('usage', `--split ${split}: expected a split with images, got none in this run`, {
      hint: 'the run was made with data.validation 0; use --split test',
    });
  }
  if (subset !== undefined && subset > all.length) {
    throw new BayescnnError('usage', `--subset: at most the split's ${all.length} images, got ${subset}`, {
      hint: `use --subset ${all.length} or less`,
    });
  }
  return { source: split === 'test' ? test : train, indices: all.subarray(0, subset ?? all.length) };
}
