import { availableParallelism } from 'node:os';
import util from 'node:util';
import { BayescnnError } from '../errors.js';
import type { ActiveEngine } from './engine.js';
import { plainObstacle, TENSORFLOW, type TensorflowPlace, tensorflowPlace } from './tensorflow-package.js';
import { tf } from './tfjs.js';

/** How TensorFlow is found and loaded here; tests put another machine in its place. */
export interface TensorflowHost extends TensorflowPlace {
  /**
   * Loads the native library and says whether it runs on a GPU.
   * @param threads 0: its own choice; the first load of a process settles it
   * @throws the loader's own error
   */
  load(threads: number): Promise<boolean>;
}

export const tensorflowHost: TensorflowHost = {
  ...tensorflowPlace,
  load: async (threads) => {
    restoreIsNullOrUndefined(util);
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
    if (threads > 0) {
      process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
      process.env.TF_NUM_INTEROP_THREADS ??= String(threads);
    }
    await import(TENSORFLOW);
    await tf.setBackend('tensorflow');
    // Without CUDA the package works, on the CPU: nothing else tells.
    return Boolean((tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice);
  },
};

/** tfjs-node 4.22 calls a function that Node 23 removed from `util`; does nothing where it is there. */
export function restoreIsNullOrUndefined(target: object): void {
  const known = target as { isNullOrUndefined?: (value: unknown) => boolean };
  known.isNullOrUndefined ??= (value) => value === null || value === undefined;
}

/** Why TensorFlow is not what `auto` chooses, or undefined where it is: loaded, and on a CUDA device. */
export async function obstacleToTensorflow(
  threads: number,
  host = tensorflowHost,
): Promise<string | undefined> {
  const plain = plainObstacle(host);
  if (plain !== undefined) return plain;
  try {
    return (await host.load(threads)) ? undefined : 'TensorFlow finds no CUDA device';
  } catch {
    return `${TENSORFLOW} is installed but does not load`;
  }
}

/**
 * Starts TensorFlow's native engine and makes it TF.js's backend.
 * @param reason why it runs, with a note on where it computes
 * @throws BayescnnError 'engine' when it is not installed or does not load
 */
export async function startTensorflow(
  threads: number,
  reason: (note: string) => string,
  host = tensorflowHost,
): Promise<ActiveEngine> {
  try {
    const gpu = await host.load(threads);
    const note = gpu ? 'uses a CUDA device' : 'runs on the CPU: no CUDA device in use';
    return {
      name: 'tensorflow',
      reason: reason(note),
      note,
      device: gpu ? 'CUDA device' : 'CPU',
      threads: threads || availableParallelism(),
      relaxed: false,
      dispose: async () => {},
    };
  } catch (cause) {
    const what = host.installed()
      ? (cause as Error).message.split('\n')[0]
      : `${TENSORFLOW} is not installed`;
    throw new BayescnnError('engine', `engine tensorflow: cannot start: ${what}`, {
      cause,
      hint: `install it with \`npm install --no-save ${TENSORFLOW}@4.22.0\` (it downloads a library: see docs/engines.md), or use --backend simd`,
    });
  }
}
