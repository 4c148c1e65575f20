import type { SimdBackend } from './backend.js';
import type { Arena } from './heap.js';
import { difference, link, type Recorder, type Recording } from './recorder.js';

/** The tensors that a step hands out, by name. */
export type StepOutputs = Record<string, { dispose(): void }>;

/**
 * Runs a step many times. The first two runs are eager and noted down, each on the same memory; where both made the
 * same kernel calls the later runs replay them as one program, with the same bits. Where they did not (the step
 * reads values, draws host randomness, or needs an op outside the engine) every run stays eager.
 */
export class Replay<T extends StepOutputs> {
  private readonly arena: Arena;
  private first: Recorder | undefined;
  private outputs: T | undefined;
  private recording: Recording | undefined;
  /** Why the step cannot be replayed, once that is known. */
  obstacle: string | undefined;
  /** Runs the recording in place of `recording.run()`: a profiler goes through it instruction by instruction. */
  runner: ((recording: Recording) => void) | undefined;

  constructor(private readonly backend: SimdBackend) {
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
      if (this.obstacle === undefined) this.recording = link(this.backend.simd, recorder);
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
