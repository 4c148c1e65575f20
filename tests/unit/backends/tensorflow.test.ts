import { describe, expect, it } from 'vitest';
import {
  obstacleToTensorflow,
  restoreIsNullOrUndefined,
  startTensorflow,
  type TensorflowHost,
} from '../../../src/backends/tensorflow.js';

/** A machine of which one thing is different. */
function host(more: Partial<TensorflowHost> = {}): TensorflowHost {
  return { installed: () => true, mayHaveCuda: () => true, load: async () => true, ...more };
}
const broken = async () => {
  throw new Error('libtensorflow.so.2: cannot open shared object file\nand more');
};

describe('automatic choice', () => {
  it('takes TensorFlow only where it runs on a CUDA device', async () => {
    expect(await obstacleToTensorflow(0, host())).toBeUndefined();
    expect(await obstacleToTensorflow(0, host({ load: async () => false }))).toBe(
      'TensorFlow finds no CUDA device',
    );
  });

  it('says what stands in the way, without loading what cannot be used', async () => {
    const untouched = () => Promise.reject(new Error('loaded'));
    const without = host({ installed: () => false, load: untouched });
    expect(await obstacleToTensorflow(0, without)).toBe('@tensorflow/tfjs-node-gpu is not installed');
    const noDriver = host({ mayHaveCuda: () => false, load: untouched });
    expect(await obstacleToTensorflow(0, noDriver)).toBe('no NVIDIA driver found');
    expect(await obstacleToTensorflow(0, host({ load: broken }))).toContain('installed but does not load');
  });
});

describe('TensorFlow by name', () => {
  const reason = (note: string) => `because; ${note}`;

  it.each([
    [true, 'because; uses a CUDA device', 'CUDA device'],
    [false, 'because; runs on the CPU: no CUDA device in use', 'CPU'],
  ])('reports what isUsingGpuDevice says: %s', async (gpu, why, device) => {
    const engine = await startTensorflow(2, reason, host({ load: async () => gpu }));
    expect(engine).toMatchObject({ name: 'tensorflow', reason: why, device, threads: 2, relaxed: false });
  });

  it('is an engine error where it cannot start, with the first line of its cause', async () => {
    await expect(startTensorflow(2, reason, host({ load: broken }))).rejects.toMatchObject({
      code: 'engine',
      message: 'engine tensorflow: cannot start: libtensorflow.so.2: cannot open shared object file',
    });
    const without = host({ installed: () => false, load: broken });
    await expect(startTensorflow(2, reason, without)).rejects.toThrow(
      'cannot start: @tensorflow/tfjs-node-gpu is not installed',
    );
  });
});

describe('util.isNullOrUndefined', () => {
  it('is put back where Node took it away, and left alone elsewhere', () => {
    const later: { isNullOrUndefined?: (value: unknown) => boolean } = {};
    restoreIsNullOrUndefined(later);
    expect([undefined, null, 0, '', false].map((value) => later.isNullOrUndefined?.(value))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const own = () => true;
    const earlier = { isNullOrUndefined: own };
    restoreIsNullOrUndefined(earlier);
    expect(earlier.isNullOrUndefined).toBe(own);
  });
});
