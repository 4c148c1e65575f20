import { availableParallelism } from 'node:os';
import { selectEngine } from '../backends/select.js';
import { BayescnnError } from '../errors.js';
import { type BayesianPart, createModel } from '../models/index.js';
import { Stream, streamKey } from '../rng.js';
import { Sgd } from '../train/optimizer.js';
import { type LabelledSource, TrainStep } from '../train/step.js';

const MODELS: Record<string, BayesianPart> = { cnn: 'none', 'bayes-conv': 'conv', 'bayes-all': 'all' };
/** Images that the steps cycle through: more than any cache holds. */
const IMAGES = 8192;

export interface BenchOptions {
  /** Names in cnn, bayes-conv, bayes-all. */
  models?: string[] | undefined;
  batches?: number[] | undefined;
  threads?: number[] | undefined;
  repetitions?: number | undefined;
  /** Length of one repetition. */
  seconds?: number | undefined;
  relaxed?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** Training images/s of one setting: whole steps (gather, forward, backward, update), no evaluation. */
export interface BenchRow {
  model: string;
  batch: number;
  threads: number;
  images_per_second: { min: number; median: number; max: number };
  repetitions: number;
  relaxed: boolean;
  /** Whether the engine replayed the step. */
  replayed: boolean;
}

/** Measures training speed of each model, batch size and number of threads. */
export async function runBench(options: BenchOptions, onRow: (row: BenchRow) => void): Promise<BenchRow[]> {
  const models = options.models ?? Object.keys(MODELS);
  const unknown = models.find((name) => !(name in MODELS));
  if (unknown !== undefined) {
    throw new BayescnnError('usage', `--models: one of ${Object.keys(MODELS).join(', ')}, got ${unknown}`, {
      hint: 'for example --models cnn,bayes-all',
    });
  }
  const rows: BenchRow[] = [];
  for (const threads of options.threads ?? [...new Set([1, availableParallelism()])]) {
    const engine = await selectEngine({ kind: 'simd', threads, relaxed: options.relaxed ?? false });
    try {
      const source = randomSource(engine.allocate);
      for (const model of models) {
        for (const batch of options.batches ?? [4, 128]) {
          options.signal?.throwIfAborted();
          const row = measure(model, batch, threads, source, options);
          rows.push(row);
          onRow(row);
        }
      }
    } finally {
      await engine.dispose();
    }
  }
  return rows;
}

/** Noise images: the time of a step does not depend on what they show, but for the share of dead ReLUs. */
function randomSource(allocate: ((bytes: number) => Uint8Array) | undefined): LabelledSource {
  const images = allocate?.(IMAGES * 3072) ?? new Uint8Array(IMAGES * 3072);
  const stream = new Stream(streamKey(0, 'bench'));
  const words = new Uint32Array(4096).map(() => stream.word());
  const tile = new Uint8Array(words.buffer);
  for (let at = 0; at < images.length; at += tile.length)
    images.set(tile.subarray(0, images.length - at), at);
  const labels = Uint8Array.from({ length: IMAGES }, () => stream.below(10));
  return { images, labels, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
}

function measure(
  name: string,
  batch: number,
  threads: number,
  source: LabelledSource,
  options: BenchOptions,
): BenchRow {
  const model = createModel({
    architecture: 'lenet',
    bayesian: MODELS[name],
    prior: { kind: 'gaussian', sigma: 1 },
    posterior: { sigma: 0.05, clamp: 0, meanInit: 'uniform' },
    seed: 0,
  });
  const optimizer = new Sgd(model.parameters, { momentum: 0.9 });
  const step = new TrainStep(model, optimizer, source);
  let taken = 0;
  const one = () => {
    const first = (taken * batch) % (IMAGES - batch + 1);
    const indices = Int32Array.from({ length: batch }, (_, i) => first + i);
    step.run(indices, taken++, 0.001, 1 / 50000);
  };
  const warm = performance.now();
  while (taken < 20 || performance.now() - warm < 200) one();
  const repetitions = options.repetitions ?? 5;
  const rates = Array.from({ length: repetitions }, () => rate(one, batch, options.seconds ?? 1)).sort(
    (a, b) => a - b,
  );
  const row: BenchRow = {
    model: name,
    batch,
    threads,
    images_per_second: {
      min: rates[0],
      median: rates[Math.floor(repetitions / 2)],
      max: rates[repetitions - 1],
    },
    repetitions,
    relaxed: options.relaxed ?? false,
    replayed: step.obstacle === undefined,
  };
  step.dispose();
  optimizer.dispose();
  model.dispose();
  return row;
}

function rate(step: () => void, batch: number, seconds: number): number {
  const started = performance.now();
  let steps = 0;
  while (performance.now() - started < 1000 * seconds) {
    step();
    steps++;
  }
  return (1000 * steps * batch) / (performance.now() - started);
}
