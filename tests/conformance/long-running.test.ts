import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { selectEngine } from '../../src/backends/select.js';
import type { SimdBackend } from '../../src/backends/simd/index.js';
import { tf } from '../../src/backends/tfjs.js';
import { noiseSource, Training } from './training.js';

/** What one process may do again and again without growing. */
const TRAININGS = 50;
const ENGINES = 20;
const DATA_BYTES = 2 ** 26;
const KINDS = ['none', 'conv', 'all'] as const;
/** Linux shows a process's threads as folders. */
const TASKS = '/proc/self/task';

const start = () => selectEngine({ kind: 'simd', threads: 2, relaxed: false });

function inUse() {
  const { heap } = (tf.backend() as SimdBackend).simd;
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  const engineBytes = heap.usedBytes;
  const dataIds = tf.backend().numDataIds();
  return {
    numTensors,
    numDataBuffers,
    numBytes,
    dataIds,
    engineBytes,
    memory: heap.memory.buffer.byteLength,
  };
}

describe('simd', () => {
  it(`${TRAININGS} trainings on one engine leave nothing behind`, async () => {
    const engine = await start();
    const source = noiseSource();
    const train = (index: number) => {
      const training = new Training(KINDS[index % KINDS.length], source);
      training.run([4, 4, 4, 4, 7, 4, 7, 7, 4]);
      training.dispose();
    };
    // Each model once: the engine keeps its scratch memory, the images and the shapes of convolutions.
    KINDS.forEach((_, index) => {
      train(index);
    });
    const before = inUse();
    for (let index = 0; index < TRAININGS; index++) train(index);
    expect(inUse()).toEqual(before);
    await engine.dispose();
  });

  it(`${ENGINES} engines in turn give back their memory and threads`, async () => {
    const threads = () => (existsSync(TASKS) ? readdirSync(TASKS).length : 0);
    const cycle = async () => {
      const engine = await start();
      engine.allocate?.(DATA_BYTES).fill(1);
      const training = new Training('all', noiseSource());
      training.run([4, 4, 4, 4]);
      training.dispose();
      await engine.dispose();
    };
    await cycle();
    await cycle();
    const before = { threads: threads(), rss: process.memoryUsage().rss, tensors: tf.memory().numTensors };
    for (let i = 0; i < ENGINES; i++) await cycle();
    expect(threads()).toBeLessThanOrEqual(before.threads);
    expect(tf.memory().numTensors).toBe(before.tensors);
    // All of them together would be twenty times as much.
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(4 * DATA_BYTES);
  });
});
