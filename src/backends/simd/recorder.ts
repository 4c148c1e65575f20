import type { SimdEngine } from './engine.js';
import { fences } from './fences.js';
import type { Arena } from './heap.js';
import { type Op, UNFENCED } from './opcodes.js';
import { Governor } from './threads/governor.js';

/** One kernel call: its opcode and argument words. */
export interface Instruction {
  op: Op;
  words: readonly number[];
}

interface Constant {
  address: number;
  bytes: Uint8Array;
}

/** The kernel calls of one pass over a step, while they are executed. */
export class Recorder {
  readonly instructions: Instruction[] = [];
  readonly uploads: Constant[] = [];
  /** Why the step cannot be replayed; the first reason found. */
  obstacle: string | undefined;
  private readonly constants = new WeakSet<object>();

  constructor(readonly arena: Arena) {}

  /** Data made from host values during the pass: the same in every step, or the two passes will differ. */
  addConstant(dataId: object): void {
    this.constants.add(dataId);
  }

  isConstant(dataId: object): boolean {
    return this.constants.has(dataId);
  }

  addUpload(address: number, bytes: Uint8Array): void {
    this.uploads.push({ address, bytes: bytes.slice() });
  }

  block(reason: string): void {
    this.obstacle ??= reason;
  }
}

/** A step as a program in memory: running it costs one call and gives the bits of the eager step. */
export interface Recording {
  readonly instructions: readonly Instruction[];
  /** Runs the step on what its input tensors hold now; its output tensors then hold the results. */
  run(): void;
  /** Runs one instruction alone; all of them in order are a step. */
  runOne(index: number): void;
  dispose(): void;
}

/** The first difference of two passes over a step, or undefined where there is none. */
export function difference(first: Recorder, second: Recorder): string | undefined {
  if (first.instructions.length !== second.instructions.length) {
    return `${first.instructions.length} kernel calls, then ${second.instructions.length}`;
  }
  for (const [i, a] of first.instructions.entries()) {
    const b = second.instructions[i];
    const same =
      a.op === b.op && a.words.length === b.words.length && a.words.every((word, k) => word === b.words[k]);
    if (!same) return `kernel call ${i} differs between two steps`;
  }
  const sameBytes = (a: Constant, b: Constant) =>
    a.address === b.address && Buffer.compare(a.bytes, b.bytes) === 0;
  if (first.uploads.length !== second.uploads.length) return 'the constants differ between two steps';
  if (!first.uploads.every((upload, i) => sameBytes(upload, second.uploads[i])))
    return 'a constant changes between two steps';
  return undefined;
}

/** Writes the instructions of a pass into memory as one program. */
export function link(engine: SimdEngine, recorder: Recorder): Recording {
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
