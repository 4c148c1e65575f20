import type { SimdEngine } from './engine.js';
import { type Draws, type Work, workOf } from './flops.js';
import type { Recording } from './link.js';
import { Op } from './opcodes.js';
import { emptyProgram, noiseProgram } from './peak.js';

/** Time of one instruction of a step; times in microseconds. */
export interface InstructionProfile extends Work {
  kernel: string;
  /** Median over the steps, less the time of an empty instruction. */
  median: number;
  /** The lowest of all steps, less the time of an empty instruction. */
  min: number;
}

/** Where the time of a replayed step goes; medians over steps, in microseconds. */
export interface StepProfile {
  instructions: InstructionProfile[];
  /** An instruction without work: entry, barrier and return. */
  empty: number;
  /** The whole program in one call, as training runs it. */
  program: number;
  /** Drawing the step's noise, and nothing else: a part of the instructions' time. 0 where the step draws none. */
  noise: number;
  /** Steps that were timed instruction by instruction; as many were timed as a whole. */
  steps: number;
}

const WARM_UP = 10;
/** Every so many steps one is run for the count of its work, and not timed. */
const COUNT_EVERY = 51;
const EMPTY_RUNS = 5;

/** What the profiler did with a step. */
type Turn = 'warm-up' | 'count' | 'whole' | 'each';

/**
 * Times a recorded step. Steps are in turn timed as a whole and instruction by instruction, so that whatever slows
 * the machine down for a while slows both. Give `run` to a `Replay` as its `runner`.
 */
export class Profiler {
  private readonly times: number[][] = [];
  private readonly emptyTimes: number[] = [];
  private readonly wholeTimes: number[] = [];
  private readonly noiseTimes: number[] = [];
  private noise: ReturnType<typeof noiseProgram> | undefined;
  private work: Work[] = [];
  private counted = 0;
  private recording: Recording | undefined;
  private runs = 0;
  /** What the last step was used for. */
  turn: Turn = 'warm-up';
  private readonly empty: ReturnType<typeof emptyProgram>;

  constructor(private readonly engine: SimdEngine) {
    this.empty = emptyProgram(engine);
  }

  readonly run = (recording: Recording): void => {
    if (recording !== this.recording) this.begin(recording);
    const pass = this.runs++ - WARM_UP;
    this.turn = turnOf(pass);
    if (this.turn === 'whole') this.timeWhole(recording);
    else if (this.turn === 'each') this.timeEach(recording);
    else if (this.turn === 'count') this.count(recording);
    else this.discard(recording);
  };

  private begin(recording: Recording): void {
    if (this.recording) throw new Error('profiler: one recording only, got a second');
    this.recording = recording;
    for (const _ of recording.instructions) this.times.push([]);
  }

  private count(recording: Recording): void {
    const before = this.work;
    this.work = recording.instructions.map((instruction, i) => {
      recording.runOne(i);
      const work = workOf(instruction, this.engine.heap);
      return {
        ...work,
        flop: add(work.flop, before[i]?.flop),
        liveFlop: add(work.liveFlop, before[i]?.liveFlop),
      };
    });
    this.counted++;
    this.noise ??= noiseProgram(this.engine, this.work.map(({ noise }) => noise).filter(isDraws));
  }

  /** Runs as `timeEach` does, for the compiler's sake, and forgets the times. */
  private discard(recording: Recording): void {
    this.timeEach(recording);
    for (const times of this.times) times.pop();
    this.emptyTimes.length = 0;
  }

  private timeEach(recording: Recording): void {
    const { times, emptyTimes, empty } = this;
    let before = performance.now();
    for (let i = 0; i < times.length; i++) {
      recording.runOne(i);
      const after = performance.now();
      times[i].push(after - before);
      before = after;
    }
    if (this.noise) {
      this.noise.run();
      const after = performance.now();
      this.noiseTimes.push(after - before);
      before = after;
    }
    for (let i = 0; i < EMPTY_RUNS; i++) {
      empty.run();
      const after = performance.now();
      emptyTimes.push(after - before);
      before = after;
    }
  }

  private timeWhole(recording: Recording): void {
    const before = performance.now();
    recording.run();
    this.wholeTimes.push(performance.now() - before);
  }

  /** @throws Error where too few steps ran for a median */
  result(): StepProfile {
    if (!this.recording || this.wholeTimes.length === 0) throw new Error('profiler: no step was timed');
    const empty = 1000 * median(this.emptyTimes);
    const instructions = this.recording.instructions.map(({ op }, i) => ({
      kernel: Op[op],
      shape: this.work[i].shape,
      flop: mean(this.work[i].flop, this.counted),
      liveFlop: mean(this.work[i].liveFlop, this.counted),
      median: 1000 * median(this.times[i]) - empty,
      min: 1000 * this.times[i].reduce((a, b) => Math.min(a, b)) - empty,
    }));
    const program = 1000 * median(this.wholeTimes);
    return { instructions, empty, program, noise: this.noiseTime(empty), steps: this.wholeTimes.length };
  }

  private noiseTime(empty: number): number {
    if (!this.work.some(({ noise }) => noise)) return 0;
    return Math.max(0, 1000 * median(this.noiseTimes) - empty);
  }

  dispose(): void {
    this.noise?.dispose();
    this.empty.dispose();
  }
}

/** The use of step `pass` after the warm-up. */
function turnOf(pass: number): Turn {
  if (pass < 0) return 'warm-up';
  if (pass % COUNT_EVERY === 0) return 'count';
  return pass % 2 === 0 ? 'whole' : 'each';
}

const isDraws = (noise: Draws | undefined): noise is Draws => noise !== undefined;

/** A sum over passes; undefined where there is nothing to count. */
function add(value: number | undefined, sum: number | undefined): number | undefined {
  return value === undefined ? value : value + (sum ?? 0);
}

function mean(sum: number | undefined, count: number): number | undefined {
  return sum === undefined ? undefined : sum / count;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
