import { availableParallelism } from 'node:os';
import { type ActiveEngine, type EngineName, selectEngine } from '../../backends/select.js';
import type { LabelledSource } from '../../train/step.js';
import { benchSource } from './source.js';
import { checkModels, MODELS } from './workload.js';

export interface BenchOptions {
  /** Names in cnn, bayes-conv, bayes-all. */
  models?: string[] | undefined;
  batches?: number[] | undefined;
  /** Default: simd. */
  backend?: EngineName | undefined;
  threads?: number[] | undefined;
  repetitions?: number | undefined;
  /** Length of one repetition. */
  seconds?: number | undefined;
  relaxed?: boolean | undefined;
  /** Folder of CIFAR-10's binary files; default: noise images. */
  data?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** What is measured: one model at one batch size on one number of threads. */
export interface Setting {
  model: string;
  batch: number;
  threads: number;
}

/** Every combination that the options ask for, by threads, then model, then batch size. */
export function settingsOf(options: BenchOptions): Setting[] {
  const models = options.models ?? Object.keys(MODELS);
  checkModels(models);
  const batches = options.batches ?? [4, 128];
  const counts = options.threads ?? defaultThreads(options);
  return counts.flatMap((threads) =>
    models.flatMap((model) => batches.map((batch) => ({ model, batch, threads }))),
  );
}

/** One and all cores; of an engine that has no threads of its own, one. */
function defaultThreads({ backend = 'simd' }: BenchOptions): number[] {
  return backend === 'webgpu' || backend === 'cpu' ? [1] : [...new Set([1, availableParallelism()])];
}

/** Calls `measure` for every setting with an engine of its number of threads running, and images in its memory. */
export async function eachSetting(
  options: BenchOptions,
  measure: (setting: Setting, source: LabelledSource, engine: ActiveEngine) => void | Promise<void>,
): Promise<void> {
  const settings = settingsOf(options);
  for (const threads of new Set(settings.map((setting) => setting.threads))) {
    const { backend = 'simd', relaxed = false } = options;
    const engine = await selectEngine({ kind: backend, threads, relaxed });
    try {
      const source = await benchSource(options.data, engine.allocate);
      for (const setting of settings.filter((each) => each.threads === threads)) {
        options.signal?.throwIfAborted();
        await measure(setting, source, engine);
      }
    } finally {
      await engine.dispose();
    }
  }
}
