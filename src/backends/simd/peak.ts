import type { SimdEngine } from './engine.js';
import type { Draws } from './flops.js';
import { Op, UNFENCED } from './opcodes.js';

/** FLOP of one round, as `assembly/peak.ts` says. */
const ROUND_FLOP = 104;
/** Some milliseconds a measurement: long against the barrier, short enough to find a moment without interruption. */
const ROUNDS = 1_000_000;

/**
 * The rate of multiply-adds that one thread reaches in WebAssembly here with all operands in registers: FLOP/s, the
 * best of `repetitions`. Strict engines multiply and add, relaxed ones fuse. One thread alone: a measurement on
 * several would be that of the thread which another process slows down.
 */
export function measurePeak(engine: SimdEngine, repetitions = 10): number {
  const zeros = engine.heap.allocate(16);
  engine.heap.floats(zeros, 4).fill(0);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repetitions; i++) {
    const started = performance.now();
    engine.execute(Op.Peak, [ROUNDS, zeros]);
    best = Math.min(best, performance.now() - started);
  }
  engine.heap.free(zeros);
  return (1000 * ROUND_FLOP * ROUNDS) / best;
}

/** A program of one instruction without work: running it costs what entry, barrier and return cost. */
export function emptyProgram(engine: SimdEngine): { run(): void; dispose(): void } {
  const program = engine.heap.allocate(16);
  engine.heap.ints(program, 4).set([Op.Peak, program + 8, 0, 0]);
  return { run: () => engine.run(program, 1), dispose: () => engine.heap.free(program) };
}

/** A program that draws all noise of a step and keeps none: running it costs what a step's noise costs. */
export function noiseProgram(engine: SimdEngine, draws: readonly Draws[]): { run(): void; dispose(): void } {
  const program = engine.heap.allocate(16 * draws.length);
  const words = engine.heap.ints(program, 4 * draws.length);
  const { length } = draws;
  draws.forEach(({ rows, groups }, i) => {
    words.set([Op.DrawNoise | UNFENCED, program + 8 * (length + i)], 2 * i);
    words.set([rows, groups], 2 * (length + i));
  });
  return { run: () => engine.run(program, length), dispose: () => engine.heap.free(program) };
}
