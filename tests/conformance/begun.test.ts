import { describe, expect, it } from 'vitest';
import { beginEngine } from '../../src/backends/begin.js';
import { selectEngine } from '../../src/backends/select.js';
import type { SimdBackend } from '../../src/backends/simd/index.js';
import { tf } from '../../src/backends/tfjs.js';
import { type Config, parseConfig } from '../../src/config/index.js';
import { loadDataset } from '../../src/data/index.js';
import { beginSetUp } from '../../src/runs/begin.js';
import { setUp } from '../../src/runs/setup.js';
import { smallArchive } from './small-archive.js';

const small = smallArchive('begun');
const { archive } = small;

const configOf = (kind: 'simd' | 'cpu', data: object = {}): Config =>
  parseConfig({ data: { archive, sha256: small.sha256, ...data }, backend: { kind, threads: 2 } }, 'test');
const simd = { kind: 'simd', threads: 2, relaxed: false } as const;
const stopped = /an engine that was disposed of/;

describe('a set-up', () => {
  it.each(['simd', 'cpu'] as const)('that was begun before is the one begun: %s', async (kind) => {
    const config = configOf(kind);
    const { source } = config.data;
    const wanted = await loadDataset({ source, archive, sha256: small.sha256 });
    const begun = beginSetUp(config);
    const ready = await begun.data;
    const { engine, dataset, train } = await setUp(config, {}, begun);
    expect(engine.name).toBe(kind);
    expect(dataset).toBe(ready);
    expect(train.images).toBe(ready?.train.images);
    // Values alone: in the engine's memory they are views of all of it.
    expect([...dataset.train.images]).toEqual([...wanted.train.images]);
    expect([...dataset.test.images]).toEqual([...wanted.test.images]);
    if (kind === 'simd') {
      const backend = tf.backend() as SimdBackend;
      expect(backend.simd).toBe(await begun.engine.simd);
      expect(backend.storeAddress(train.images), 'not copied').toBe(train.images.byteOffset);
    }
    await engine.dispose();
  });

  it('that is cancelled leaves no threads', async () => {
    const begun = beginSetUp(configOf('simd'));
    await begun.cancel();
    const engine = await begun.engine.simd;
    expect(() => engine?.run(0, 0)).toThrow(stopped);
  });

  it('that finds no data leaves no engine', async () => {
    const config = configOf('simd', { archive: `${archive}.none` });
    const begun = beginSetUp(config);
    await expect(setUp(config, {}, begun)).rejects.toThrow(/archive.tar.gz.none/);
    expect(tf.findBackend('simd')).toBeNull();
    const engine = await begun.engine.simd;
    expect(() => engine?.run(0, 0)).toThrow(stopped);
  });

  it('that is interrupted says so', async () => {
    const signal = AbortSignal.abort();
    const config = configOf('simd');
    const begun = beginSetUp(config, signal);
    expect(await begun.data).toBeUndefined();
    await expect(setUp(config, { signal }, begun)).rejects.toThrow('stopped by the user');
  });
});

describe('beginEngine', () => {
  it('lends memory before the kernels are there, and the backend knows it', async () => {
    const begun = beginEngine(simd);
    const bytes = begun.allocate?.(100_000) as Uint8Array;
    bytes.fill(7);
    const engine = await selectEngine(simd, begun);
    const backend = tf.backend() as SimdBackend;
    expect(backend.storeAddress(bytes)).toBe(bytes.byteOffset);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
    const copied = Uint8Array.of(1, 2, 3);
    expect(backend.storeAddress(copied)).not.toBe(copied.byteOffset);
    await engine.dispose();
  });

  it('has no memory to give where another engine may be chosen', () => {
    expect(beginEngine({ kind: 'cpu', threads: 1, relaxed: false }).simd).toBeUndefined();
    const own = beginEngine({ kind: 'tensorflow', threads: 1, relaxed: false }).allocate?.(4);
    expect(own?.buffer).toBeInstanceOf(ArrayBuffer);
  });
});
