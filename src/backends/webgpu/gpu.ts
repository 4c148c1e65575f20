import { WEBGPU } from './package.js';
import { PassEncoder } from './pass-encoder.js';
import type { Access, Adapter, Answer, Batch, Command, Dispatch } from './protocol.js';

/** What the package `webgpu` offers. */
interface Dawn {
  create(flags: string[]): { requestAdapter(options?: object): Promise<GPUAdapter | null> };
}

/** GPUBufferUsage and GPUMapMode, which exist as globals in browsers alone. */
const MAP_READ = 0x1;
const COPY_SOURCE = 0x4;
const COPY_TARGET = 0x8;
const UNIFORM = 0x40;
const STORAGE = 0x80;
const COMPUTE_STAGE = 0x4;
const READ_MODE = 0x1;
/** Storage buffers of the kernel that has most. */
const MOST_BINDINGS = 9;

interface Pipeline {
  pipeline: GPUComputePipeline;
  layout: GPUBindGroupLayout;
}

/** A kernel call with everything it needs, ready to be encoded again and again. */
export interface Prepared {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  groups: readonly [number, number];
}

/** The device of the package `webgpu` (Dawn), driven by commands. Lives in a thread of its own. */
export class Gpu {
  private readonly pipelines = new Map<number, Pipeline>();
  private readonly buffers = new Map<number, GPUBuffer>();
  private readonly recordings = new Map<number, { calls: Prepared[]; params: GPUBuffer }>();
  private readonly encoder: PassEncoder;
  private params: GPUBuffer | undefined;
  private staging: GPUBuffer | undefined;
  /** Outcomes of the batches since the last read. */
  private outcomes: Promise<GPUError | null>[] = [];
  private failure: string | undefined;

  private constructor(
    /** Dawn must live as long as its device. */
    private readonly held: { dawn?: ReturnType<Dawn['create']> },
    private readonly device: GPUDevice,
    readonly adapter: Adapter,
  ) {
    this.encoder = new PassEncoder(device);
    void device.lost.then(({ message }) => {
      this.failure ??= `the device was lost: ${message}`;
    });
  }

  /** @throws Error where the package is not there, or finds no device that is good enough */
  static async open(): Promise<Gpu> {
    const { create } = (await import(WEBGPU)) as Dawn;
    const dawn = create([]);
    const adapter = await dawn.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) throw new Error('no adapter: no driver for a GPU found');
    const { limits, info } = adapter;
    if (limits.maxStorageBuffersPerShaderStage < MOST_BINDINGS)
      throw new Error(
        `${MOST_BINDINGS} buffers a kernel wanted, got ${limits.maxStorageBuffersPerShaderStage}`,
      );
    const device = await adapter.requestDevice({
      requiredLimits: {
        maxStorageBuffersPerShaderStage: MOST_BINDINGS,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxBufferSize: limits.maxBufferSize,
      },
    });
    return new Gpu({ dawn }, device, {
      name: info.device || info.description || info.architecture || info.vendor,
      software: info.isFallbackAdapter,
      largestBuffer: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    });
  }

  /** Runs a batch; what goes wrong is told at the next read. */
  execute(commands: readonly Command[], params: Int32Array): void {
    if (commands.length === 0) return;
    const scopes = ['out-of-memory', 'validation', 'internal'] as const;
    for (const scope of scopes) this.device.pushErrorScope(scope);
    try {
      if (params.length > 0) this.params = this.filled(this.params, params);
      for (const command of commands) this.run(command);
      this.encoder.submit();
    } catch (error) {
      this.failure ??= (error as Error).message;
    }
    for (const _ of scopes) this.outcomes.push(this.device.popErrorScope());
  }

  private run(command: Command): void {
    switch (command.kind) {
      case 'program':
        this.pipelines.set(command.id, this.compile(command));
        return;
      case 'create':
        this.buffers.set(command.id, this.create(command.bytes, STORAGE | COPY_SOURCE | COPY_TARGET));
        return;
      case 'destroy':
        this.encoder.submit();
        this.buffers.get(command.id)?.destroy();
        this.buffers.delete(command.id);
        return;
      case 'write':
        // A write takes effect at once, kernel calls when they are submitted.
        this.encoder.submit();
        this.write(this.bufferOf(command.id), command.data);
        return;
      case 'dispatch':
        this.encoder.add(this.prepared(command, this.params as GPUBuffer));
        return;
      case 'record':
        this.record(command.id, command.dispatches);
        return;
      case 'replay':
        for (const call of this.recordings.get(command.id)?.calls ?? []) this.encoder.add(call);
        return;
      case 'forget':
        this.encoder.submit();
        this.recordings.get(command.id)?.params.destroy();
        this.recordings.delete(command.id);
    }
  }

  /** Makes the bind groups of a recording, and keeps the batch's parameters for it. */
  private record(id: number, dispatches: readonly Dispatch[]): void {
    // The batch's parameters are the recording's from now on.
    const params = this.params as GPUBuffer;
    this.params = undefined;
    this.recordings.set(id, { calls: dispatches.map((each) => this.prepared(each, params)), params });
  }

  private compile({ name, code, bindings }: Extract<Command, { kind: 'program' }>): Pipeline {
    const type = (access: Access) => (access === 'read' ? 'read-only-storage' : 'storage');
    const layout = this.device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: COMPUTE_STAGE, buffer: { type: 'uniform' } },
        ...bindings.map((access, i) => ({
          binding: i + 1,
          visibility: COMPUTE_STAGE,
          buffer: { type: type(access) } as const,
        })),
      ],
    });
    const pipeline = this.device.createComputePipeline({
      label: name,
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: this.device.createShaderModule({ label: name, code }), entryPoint: 'main' },
    });
    return { pipeline, layout };
  }

  private prepared({ program, buffers, params, words, groups }: Dispatch, from: GPUBuffer): Prepared {
    const { pipeline, layout } = this.pipelines.get(program) as Pipeline;
    const size = 16 * Math.ceil(words / 4);
    const entries = [
      { binding: 0, resource: { buffer: from, offset: 4 * params, size } },
      ...buffers.map((id, i) => ({ binding: i + 1, resource: { buffer: this.bufferOf(id) } })),
    ];
    return { pipeline, group: this.device.createBindGroup({ layout, entries }), groups };
  }

  private bufferOf(id: number): GPUBuffer {
    const buffer = this.buffers.get(id);
    if (buffer === undefined) throw new Error(`buffer ${id} does not exist`);
    return buffer;
  }

  private create(size: number, usage: number): GPUBuffer {
    return this.device.createBuffer({ size, usage });
  }

  private write(buffer: GPUBuffer, data: ArrayBufferView<ArrayBufferLike>): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const whole = bytes.length & ~3;
    this.device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>, 0, whole);
    if (whole === bytes.length) return;
    // Only whole words can be written.
    const rest = new Uint8Array(4);
    rest.set(bytes.subarray(whole));
    this.device.queue.writeBuffer(buffer, whole, rest);
  }

  /** The buffer of a batch's parameters, a larger one where they do not fit. */
  private filled(buffer: GPUBuffer | undefined, params: Int32Array): GPUBuffer {
    let target = buffer;
    if (target === undefined || target.size < params.byteLength) {
      target?.destroy();
      target = this.create(params.byteLength, UNIFORM | COPY_TARGET);
    }
    this.write(target, params);
    return target;
  }

  /** The bytes of buffers, one after the other, once all work before is done. */
  async read(wanted: NonNullable<Batch['read']>): Promise<Answer> {
    const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
    const staging = this.stagingOf(Math.max(16, total));
    let at = 0;
    for (const { id, bytes } of wanted) {
      if (bytes > 0) this.encoder.copy(this.bufferOf(id), staging, at, bytes);
      at += bytes;
    }
    this.encoder.submit();
    const outcomes = await Promise.all(this.outcomes);
    this.outcomes = [];
    this.failure ??= outcomes.find((outcome) => outcome !== null)?.message;
    if (this.failure !== undefined) return { error: this.failure };
    await staging.mapAsync(READ_MODE, 0, Math.max(16, total));
    const bytes = staging.getMappedRange(0, Math.max(16, total)).slice(0, total);
    staging.unmap();
    return { bytes };
  }

  private stagingOf(bytes: number): GPUBuffer {
    if (this.staging === undefined || this.staging.size < bytes) {
      this.staging?.destroy();
      this.staging = this.create(2 ** Math.ceil(Math.log2(bytes)), MAP_READ | COPY_TARGET);
    }
    return this.staging;
  }

  /** Lets go of the device and of Dawn. */
  close(): void {
    this.device.destroy();
    delete this.held.dawn;
  }
}
