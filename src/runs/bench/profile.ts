import { measurePeak, Profiler, type SimdBackend, type StepProfile } from '../../backends/simd/index.js';
import { tf } from '../../backends/tfjs.js';
import { BayescnnError } from '../../errors.js';
import type { LabelledSource } from '../../train/step.js';
import { type BenchOptions, eachSetting, type Setting } from './settings.js';
import { createWorkload } from './workload.js';

/** One kernel on one shape; times are medians over steps, less an empty instruction's. */
export interface KernelRow {
  kernel: string;
  shape: string;
  calls_per_step: number;
  microseconds_per_step: number;
  /** The same with each call's fastest time. */
  microseconds_per_step_min: number;
  microseconds_per_image: number;
  /** Share of the whole step's time. */
  share: number;
  /** Multiplications and additions of the formula in billions; null where the kernel is not made of them. */
  gflop_per_step: number | null;
  gflop_per_second: number | null;
  /** Share of the peak of all threads. */
  peak_share: number | null;
  /** Of a convolution's gradient: the share of its products that are not with zero; the kernel computes those alone. */
  live_share: number | null;
}

/** Where the time of a setting's training step goes, in microseconds. */
export interface ProfileRow extends Setting {
  relaxed: boolean;
  steps: number;
  images_per_second: number;
  /** Multiply-adds in registers, GFLOP/s: one thread's, measured, times the threads. */
  peak_gflop_per_second: number;
  kernels: KernelRow[];
  /** Sum over the kernels. */
  kernels_microseconds: number;
  /** Drawing the step's posterior noise, alone; a part of the kernels' time. */
  noise_microseconds: number;
  /** One empty instruction: entry, barrier, return. Subtracted from each kernel call. */
  empty_microseconds: number;
  /** The whole program in one call, as training runs it: kernels, and the barriers between them. */
  program_microseconds: number;
  /** The whole step from JavaScript: writes its inputs, runs the program, reads its outputs. */
  step_microseconds: number;
}

/** Times every kernel of each setting's training step. */
export async function runProfile(
  options: BenchOptions,
  onRow: (row: ProfileRow) => void,
): Promise<ProfileRow[]> {
  const rows: ProfileRow[] = [];
  await eachSetting(options, (setting, source) => {
    const row = profile(setting, source, options);
    rows.push(row);
    onRow(row);
  });
  return rows;
}

function profile(setting: Setting, source: LabelledSource, options: BenchOptions): ProfileRow {
  const { simd } = tf.backend() as SimdBackend;
  const { batch } = setting;
  const peak = (simd.threads * measurePeak(simd)) / 1e9;
  const workload = createWorkload(setting.model, batch, source);
  const { obstacle } = workload.step;
  if (obstacle !== undefined) {
    throw new BayescnnError(
      'failure',
      `bench: --profile needs a step that the engine replays, got ${obstacle}`,
      {
        hint: 'run `bayescnn bench` without --profile',
      },
    );
  }
  const profiler = new Profiler(simd);
  workload.step.runReplaysBy(batch, profiler.run);
  const whole = timeSteps(workload.run, profiler, 1000 * (options.repetitions ?? 5) * (options.seconds ?? 1));
  const result = profiler.result();
  profiler.dispose();
  workload.dispose();
  return {
    ...setting,
    relaxed: simd.relaxed,
    steps: result.steps,
    images_per_second: (1e6 * batch) / whole,
    peak_gflop_per_second: peak,
    kernels: kernelRows(result, batch, whole, peak),
    kernels_microseconds: result.instructions.reduce((sum, { median }) => sum + median, 0),
    noise_microseconds: result.noise,
    empty_microseconds: result.empty,
    program_microseconds: result.program,
    step_microseconds: whole,
  };
}

/** Runs steps for a while (but 20 timed ones at least); the median of those that ran as a whole, in microseconds. */
function timeSteps(run: () => void, profiler: Profiler, milliseconds: number): number {
  const started = performance.now();
  const times: number[] = [];
  while (times.length < 20 || performance.now() - started < milliseconds) {
    const before = performance.now();
    run();
    if (profiler.turn === 'whole') times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  return 1000 * times[times.length >> 1];
}

/** Calls of one kernel on one shape in one row, the longest first. */
function kernelRows({ instructions }: StepProfile, batch: number, whole: number, peak: number): KernelRow[] {
  const groups = new Map<string, StepProfile['instructions']>();
  for (const call of instructions) {
    const key = `${call.kernel} ${call.shape}`;
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  const rows = [...groups.values()].map((calls): KernelRow => {
    const time = calls.reduce((sum, { median }) => sum + median, 0);
    const flop = sumOf(calls.map((call) => call.flop));
    const live = sumOf(calls.map((call) => call.liveFlop));
    const rate = flop === null ? null : flop / time / 1000;
    return {
      kernel: calls[0].kernel,
      shape: calls[0].shape,
      calls_per_step: calls.length,
      microseconds_per_step: time,
      microseconds_per_step_min: calls.reduce((sum, { min }) => sum + min, 0),
      microseconds_per_image: time / batch,
      share: time / whole,
      gflop_per_step: flop === null ? null : flop / 1e9,
      gflop_per_second: rate,
      peak_share: rate === null ? null : rate / peak,
      live_share: live === null || !flop ? null : live / flop,
    };
  });
  return rows.sort((a, b) => b.microseconds_per_step - a.microseconds_per_step);
}

/** null where any of the values is missing. */
function sumOf(values: readonly (number | undefined)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === undefined ? null : sum + value),
    0,
  );
}
