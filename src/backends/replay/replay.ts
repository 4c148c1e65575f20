import type { Arena } from './arena.js';
import { difference, type Recorder } from './recorder.js';

/** The tensors that a step hands out, by name. */
export type StepOutputs = Record<string, { dispose(): void }>;

/** A step that can be run again. */
export interface Linked {
  /** Runs the step on what its input tensors hold now; its output tensors then hold the results. */
  run(): void;
  dispose(): void;
}

/** What a backend offers for steps to be replayed on it. */
interface Replaying<Op, R extends Linked> {
  /** An arena whose blocks this backend gives back when tensors in them are disposed of. */
  createArena(): Arena;
  /** Gives an arena's memory back; no tensor may lie in it any more. */
  removeArena(arena: Arena): void;
  /** Runs `step` while every kernel call is noted; its memory comes from `arena`. */
  pass<T>(arena: Arena, step: () => T): { value: T; recorder: Recorder<Op> };
  /** Makes one program of the kernel calls of a pass. @param outputs what the step handed out */
  link(recorder: Recorder<Op>, outputs: StepOutputs): R;
}

/**
 * Runs a step many times. The first two runs are eager and noted down, each on the same memory; where both made the
 * same kernel calls the later runs replay them as one program, with the same bits. Where they did not (the step
 * reads values, draws host randomness, or needs an op outside the engine) every run stays eager.
 */
export class Replay<T extends StepOutputs, Op, R extends Linked> {
  private readonly arena: Arena;
  private first: Recorder<Op> | undefined;
  private outputs: T | undefined;
  private recording: R | undefined;
  /** Why the step cannot be replayed, once that is known. */
  obstacle: string | undefined;
  /** Runs the recording in place of `recording.run()`: a profiler goes through it instruction by instruction. */
  runner: ((recording: R) => void) | undefined;

  constructor(private readonly backend: Replaying<Op, R>) {
    this.arena = backend.createArena();
  }

  get replaying(): boolean {
    return this.recording !== undefined;
  }

  /** Runs the step on what its input tensors hold; the outputs are good until the next run. */
  run(step: () => T): T {
    if (this.recording) {
      if (this.runner) this.runner(this.recording);
      else this.recording.run();
      return this.outputs as T;
    }
    this.disposeOutputs();
    this.outputs = this.obstacle === undefined ? this.record(step) : step();
    return this.outputs;
  }

  private record(step: () => T): T {
    this.arena.rewind();
    const { value, recorder } = this.backend.pass(this.arena, step);
    this.obstacle = recorder.obstacle;
    if (this.obstacle === undefined && this.first) {
      this.obstacle = difference(this.first, recorder);
      if (this.obstacle === undefined) this.recording = this.backend.link(recorder, value);
    }
    this.first = recorder;
    return value;
  }

  private disposeOutputs(): void {
    for (const tensor of Object.values(this.outputs ?? {})) tensor.dispose();
    this.outputs = undefined;
  }

  dispose(): void {
    this.disposeOutputs();
    this.recording?.dispose();
    this.backend.removeArena(this.arena);
  }
}
