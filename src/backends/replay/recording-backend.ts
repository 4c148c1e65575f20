// Not `import`, for the reason in ../tfjs.ts.
import cpu = require('@tensorflow/tfjs-backend-cpu');

import type { BackendValues, DataId, DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type Allocator, Arena } from './arena.js';
import { Recorder } from './recorder.js';
import { type Linked, Replay, type StepOutputs } from './replay.js';

/**
 * A TF.js backend with a memory of its own, whose kernel calls can be recorded and replayed. Ops that it has no kernel for
 * run in TF.js's CPU kernels.
 */
export abstract class RecordingBackend<Op, R extends Linked> extends cpu.MathBackendCPU {
  protected recorder: Recorder<Op> | undefined;
  private readonly arenas = new Set<Arena>();

  constructor() {
    super();
    // The base class greets Node users with advice that does not apply here.
    (this as unknown as { firstUse: boolean }).firstUse = false;
  }

  /** Where blocks come from while nothing is recorded. */
  protected abstract get blocks(): Allocator;

  /** Makes one program of the kernel calls of a pass. @param outputs what the step handed out */
  abstract link(recorder: Recorder<Op>, outputs: StepOutputs): R;

  /** A block for the time of one kernel, or longer: give it back with `release`. */
  allocate(bytes: number): number {
    return (this.recorder?.arena ?? this.blocks).allocate(bytes);
  }

  release(block: number): void {
    for (const arena of this.arenas) {
      if (arena.owns(block)) {
        arena.free(block);
        return;
      }
    }
    this.blocks.free(block);
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = super.write(values, shape, dtype);
    this.recorder?.addConstant(dataId);
    return dataId;
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    return this.readSync(dataId);
  }

  /** A step that reads what it computed cannot be replayed. */
  protected noteRead(dataId: DataId): void {
    if (this.recorder && !this.recorder.isConstant(dataId))
      this.recorder.block('the step reads tensor values');
  }

  /** A recording with a CPU kernel of TF.js is replayable only if all that it reads is constant. @param inputs some may be missing */
  protected noteBorrowed(kernel: string, inputs: readonly TensorInfo[]): void {
    const { recorder } = this;
    if (recorder && inputs.some((input) => input && !recorder.isConstant(input.dataId)))
      recorder.block(`${kernel} runs outside the engine`);
  }

  /** Runs `step` while every kernel call is noted; its memory comes from `arena`. */
  pass<T>(arena: Arena, step: () => T): { value: T; recorder: Recorder<Op> } {
    const recorder = new Recorder<Op>(arena);
    this.recorder = recorder;
    try {
      return { value: step(), recorder };
    } finally {
      this.recorder = undefined;
    }
  }

  /** An arena whose blocks this backend gives back when tensors in them are disposed of. */
  createArena(): Arena {
    const arena = new Arena(this.blocks);
    this.arenas.add(arena);
    return arena;
  }

  /** Gives an arena's memory back; no tensor may lie in it any more. */
  removeArena(arena: Arena): void {
    this.arenas.delete(arena);
    arena.dispose();
  }

  /** A runner that replays a step once it has seen it twice. */
  replay<T extends StepOutputs>(): Replay<T, Op, R> {
    return new Replay<T, Op, R>(this);
  }
}
