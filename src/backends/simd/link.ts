import type * as replay from '../replay/recorder.js';
import type { Recorder } from '../replay/recorder.js';
import type { Linked } from '../replay/replay.js';
import type { SimdEngine } from './engine.js';
import { fences } from './fences.js';
import { type Op, UNFENCED } from './opcodes.js';
import { Governor } from './threads/governor.js';

/** One kernel call: its opcode and argument words. */
export type Instruction = replay.Instruction<Op>;

/** A step as a program in memory: running it costs one call and gives the bits of the eager step. */
export interface Recording extends Linked {
  readonly instructions: readonly Instruction[];
  /** Runs one instruction alone; all of them in order are a step. */
  runOne(index: number): void;
}

/** Writes the instructions of a pass into memory as one program. */
export function link(engine: SimdEngine, recorder: Recorder<Op>): Recording {
  const { instructions } = recorder;
  const { heap } = engine;
  const total = instructions.reduce((sum, instruction) => sum + instruction.words.length, 0);
  const program = heap.allocate(8 * instructions.length + 4 * total);
  let argumentsAt = program + 8 * instructions.length;
  const table = heap.ints(program, 2 * instructions.length);
  const fenced = fences(instructions);
  for (const [i, { op, words }] of instructions.entries()) {
    table[2 * i] = fenced[i] ? op : op | UNFENCED;
    table[2 * i + 1] = argumentsAt;
    heap.ints(argumentsAt, words.length).set(words);
    argumentsAt += 4 * words.length;
  }
  const governor = new Governor(engine.threads);
  const run = () => {
    const started = performance.now();
    engine.run(program, instructions.length, engine.adaptive ? governor.threads : engine.threads);
    governor.record(performance.now() - started);
  };
  return {
    instructions,
    run,
    runOne: (index) => engine.run(program + 8 * index, 1),
    dispose: () => heap.free(program),
  };
}
