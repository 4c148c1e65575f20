import { type BegunEngine, beginEngine } from '../backends/begin.js';
import type { Config } from '../config/index.js';
// Not the layer's index, which brings what this one is not to wait for.
import type { Dataset } from '../data/dataset.js';
import { readyDataset } from '../data/load.js';

/** A config's engine and data under way, on other threads, while this one loads what a run needs. */
export interface BegunSetUp {
  readonly engine: BegunEngine;
  /** Undefined where the data are not ready in the cache. */
  readonly data: Promise<Dataset | undefined>;
  /** Ends what was begun, where it will not be used. */
  cancel(): Promise<void>;
}

/** Begins with what `setUp` does that needs no other thing; nothing is told, and no failure comes before `setUp`. */
export function beginSetUp({ backend, data }: Config, signal?: AbortSignal): BegunSetUp {
  const engine = beginEngine(backend);
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const { allocate } = engine;
  const ready =
    allocate === undefined ? Promise.resolve(undefined) : readyDataset(data, { allocate, signal: both });
  return {
    engine,
    data: ready,
    cancel: async () => {
      stop.abort();
      await ready;
      await engine.cancel();
    },
  };
}
