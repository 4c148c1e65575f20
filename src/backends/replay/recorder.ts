import type { Arena } from './arena.js';

/** One kernel call: what an engine calls its kernel, and argument words. */
export interface Instruction<Op> {
  op: Op;
  words: readonly number[];
}

interface Constant {
  address: number;
  bytes: Uint8Array;
}

/** The kernel calls of one pass over a step, while they are executed. */
export class Recorder<Op> {
  readonly instructions: Instruction<Op>[] = [];
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

/** The first difference of two passes over a step, or undefined where there is none. */
export function difference<Op>(first: Recorder<Op>, second: Recorder<Op>): string | undefined {
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
