import type { Recording } from '../backends/simd/index.js';
import { tf } from '../backends/tfjs.js';

/** The tensors that a step hands out, by name. */
export type Outputs = Record<string, tf.Tensor>;

/** Runs a recorded step in a way of its own. */
export type RecordingRunner = (recording: Recording) => void;

/** Runs a step again and again; an engine may learn it and replay it with the same bits. */
export interface StepRunner {
  run(step: () => Outputs): Outputs;
  readonly obstacle?: string | undefined;
  /** What runs a recorded step, where an engine records; a profiler sets it. */
  runner?: RecordingRunner | undefined;
  dispose(): void;
}

/** Runs every step afresh. */
class EagerRunner implements StepRunner {
  private outputs: Outputs = {};

  run(step: () => Outputs): Outputs {
    this.dispose();
    this.outputs = step();
    return this.outputs;
  }

  dispose(): void {
    tf.dispose(this.outputs);
  }
}

/** A runner of the current engine: one that replays, where the engine can. */
export function createRunner(): StepRunner {
  const backend = tf.backend() as unknown as { replay?: () => StepRunner };
  return backend.replay?.() ?? new EagerRunner();
}
