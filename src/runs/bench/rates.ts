import type { ActiveEngine, EngineName } from '../../backends/select.js';
import { tf } from '../../backends/tfjs.js';
import type { LabelledSource } from '../../train/step.js';
import { type BenchOptions, eachSetting, type Setting } from './settings.js';
import { type Spread, spread } from './spread.js';
import { createWorkload } from './workload.js';

/** Training images/s of one setting: whole steps (gather, forward, backward, update), no evaluation. */
export interface BenchRow extends Setting {
  engine: EngineName;
  /** What it computes on. */
  device: string;
  images_per_second: Spread;
  repetitions: number;
  relaxed: boolean;
  /** Whether the engine replayed the step. */
  replayed: boolean;
}

/** Measures training speed of each model, batch size and number of threads. */
export async function runBench(options: BenchOptions, onRow: (row: BenchRow) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  await eachSetting(options, (setting, source, engine) => {
    const row = measure(setting, source, engine, options);
    rows.push(row);
    onRow(row);
  });
  return rows;
}

function measure(
  setting: Setting,
  source: LabelledSource,
  { name, device, relaxed }: ActiveEngine,
  options: BenchOptions,
): BenchRow {
  const { model, batch } = setting;
  const workload = createWorkload(model, batch, source);
  const repetitions = options.repetitions ?? 5;
  const rates = Array.from({ length: repetitions }, () =>
    measureRate(workload.run, batch, options.seconds ?? 1),
  );
  const row: BenchRow = {
    ...setting,
    engine: name,
    device,
    images_per_second: spread(rates),
    repetitions,
    relaxed,
    replayed: 'replay' in tf.backend() && workload.step.obstacle === undefined,
  };
  workload.dispose();
  return row;
}

/** Images/s of `step` over whole steps for about `seconds`. */
export function measureRate(step: () => void, batch: number, seconds: number): number {
  const started = performance.now();
  let steps = 0;
  while (performance.now() - started < 1000 * seconds) {
    step();
    steps++;
  }
  return (1000 * steps * batch) / (performance.now() - started);
}
