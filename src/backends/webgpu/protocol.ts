import type { MessagePort } from 'node:worker_threads';

/** What the thread of the GPU is given when it starts. */
export interface WorkerTask {
  port: MessagePort;
  /** int32 [1], shared: 1 when an answer lies in the port. */
  signal: Int32Array;
}

/** How a binding of a program is used. */
export type Access = 'read' | 'write';

/** A kernel call: buffers in the order of the program's bindings, behind its parameters. */
export interface Dispatch {
  program: number;
  buffers: readonly number[];
  /** Where the parameters start in the batch's words, and how many there are. */
  params: number;
  words: number;
  groups: readonly [number, number];
}

/** What the main thread asks for; numbers name programs, buffers and recordings. */
export type Command =
  | { kind: 'program'; id: number; name: string; code: string; bindings: readonly Access[] }
  | { kind: 'create'; id: number; bytes: number }
  | { kind: 'destroy'; id: number }
  | { kind: 'write'; id: number; data: ArrayBufferView<ArrayBufferLike> }
  | ({ kind: 'dispatch' } & Dispatch)
  | { kind: 'record'; id: number; dispatches: readonly Dispatch[] }
  | { kind: 'replay'; id: number }
  | { kind: 'forget'; id: number };

/** Commands in order, with the parameters of their kernel calls. */
export interface Batch {
  commands: readonly Command[];
  params: Int32Array;
  /** Buffers to read behind them, and the bytes wanted of each: the thread answers. */
  read?: readonly { id: number; bytes: number }[];
  /** Let go of the device, and end. */
  end?: boolean;
}

/** The answer to a read: the buffers' bytes one after the other, or why there are none. */
export type Answer = { bytes: ArrayBuffer } | { error: string };

/** The device as its driver names it, and what it allows. */
export interface Adapter {
  name: string;
  /** Whether it computes on the CPU. */
  software: boolean;
  /** Bytes that a kernel can reach in one buffer. */
  largestBuffer: number;
}

/** The first message of the thread. */
export type Opening = { adapter: Adapter } | { error: string };

/** Parameters start at multiples of so many words: the alignment that every device accepts (256 bytes). */
export const PARAMS_ALIGNMENT = 64;
