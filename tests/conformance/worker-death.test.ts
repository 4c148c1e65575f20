import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { SimdEngine } from '../../src/backends/simd/engine.js';
import { Op } from '../../src/backends/simd/opcodes.js';
import type { BayescnnError } from '../../src/errors.js';

/** What an action throws. */
function failureOf(action: () => void): BayescnnError {
  try {
    action();
  } catch (error) {
    return error as BayescnnError;
  }
  throw new Error('nothing was thrown');
}

/** Adds two vectors; with two threads each takes half. */
function add(engine: SimdEngine, size: number, into: number): void {
  const source = engine.heap.allocate(4 * size);
  engine.execute(Op.Add, [size, source, source, 0, 0, into]);
}

describe('a worker thread that dies', () => {
  it('in a kernel ends the program with an error, and every later one', async () => {
    const engine = await SimdEngine.create(2, false);
    const size = 4096;
    add(engine, size, engine.heap.allocate(4 * size));
    // The second half of the sum, which is the worker's, would lie outside of the memory.
    const outside = engine.heap.memory.buffer.byteLength - 2 * size;
    const started = performance.now();
    const error = failureOf(() => add(engine, size, outside));
    expect(error).toMatchObject({ code: 'engine', exitCode: 4 });
    expect(error.message).toBe('engine simd: worker thread 1 died');
    expect(error.hint).toContain('--resume');
    // One look a second, on a machine that may be busy.
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(failureOf(() => add(engine, size, engine.heap.allocate(4 * size)))).toBe(error);
    await engine.dispose();
  }, 60_000);

  it('from outside is noticed between two programs', async () => {
    const unref = vi.spyOn(Worker.prototype, 'unref');
    const engine = await SimdEngine.create(2, false);
    const worker = unref.mock.contexts[0] as Worker;
    await worker.terminate();
    const error = failureOf(() => add(engine, 4096, engine.heap.allocate(4 * 4096)));
    expect(error.message).toBe('engine simd: worker thread 1 died');
    expect((error.cause as Error).message).toBe('exit code 1');
    await engine.dispose();
  }, 60_000);

  it('from outside during a program ends it when no sign of it came for long enough', async () => {
    const unref = vi.spyOn(Worker.prototype, 'unref');
    const engine = await SimdEngine.create(2, false, { patience: 2 });
    // The event that tells of the end comes later than the next program: nothing is awaited here.
    void (unref.mock.contexts[0] as Worker).terminate();
    blockFor(300);
    const error = failureOf(() => add(engine, 4096, engine.heap.allocate(4 * 4096)));
    expect(error.code).toBe('engine');
    expect(error.message).toBe('engine simd: got no sign of life from a worker thread');
    await engine.dispose();
  }, 60_000);

  it('is none when the engine is disposed of', async () => {
    const engine = await SimdEngine.create(2, false);
    await engine.dispose();
    const error = failureOf(() => add(engine, 64, engine.heap.allocate(256)));
    expect(error.message).toContain('an engine that was disposed of');
  }, 60_000);
});

/** Lets other threads work, and no event through. */
function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
