import type { Prepared } from './gpu.js';

/** Gathers kernel calls in one compute pass, in which each sees what those before it wrote. */
export class PassEncoder {
  private commands: GPUCommandEncoder | undefined;
  private pass: GPUComputePassEncoder | undefined;

  constructor(private readonly device: GPUDevice) {}

  add({ pipeline, group, groups }: Prepared): void {
    this.commands ??= this.device.createCommandEncoder();
    this.pass ??= this.commands.beginComputePass();
    this.pass.setPipeline(pipeline);
    this.pass.setBindGroup(0, group);
    this.pass.dispatchWorkgroups(groups[0], groups[1]);
  }

  copy(from: GPUBuffer, to: GPUBuffer, at: number, bytes: number): void {
    this.endPass();
    this.commands ??= this.device.createCommandEncoder();
    this.commands.copyBufferToBuffer(from, 0, to, at, bytes);
  }

  /** Hands everything to the device. */
  submit(): void {
    this.endPass();
    if (this.commands) this.device.queue.submit([this.commands.finish()]);
    this.commands = undefined;
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = undefined;
  }
}
