import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import util from 'node:util';
import { BayescnnError } from '../errors.js';
import { compileKernels } from './simd/compile.js';
import type { SimdBackend } from './simd/index.js';
import { loadTfjs, tf } from './tfjs.js';

export type EngineName = 'simd' | 'tensorflow' | 'webgpu' | 'cpu';

/** What the configuration asks for. */
export interface EngineRequest {
  kind: 'auto' | EngineName;
  /** 0: as many as there are cores. */
  threads: number;
  relaxed: boolean;
}

/** The engine that runs, and why. */
export interface ActiveEngine {
  name: EngineName;
  reason: string;
  threads: number;
  relaxed: boolean;
  /** Memory for a data set in the engine's own address space, where it has one. */
  allocate?: (bytes: number) => Uint8Array;
  dispose(): Promise<void>;
}

/** One engine's state, for `doctor`. */
export interface EngineState {
  name: EngineName;
  available: boolean;
  detail: string;
  remedy?: string;
}

const TENSORFLOW = '@tensorflow/tfjs-node-gpu';
const require = createRequire(import.meta.url);

function installed(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Whether this machine shows an NVIDIA driver; where that cannot be told, TensorFlow is asked. */
function mayHaveCuda(): boolean {
  return (
    process.platform !== 'linux' || existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidia0')
  );
}

/**
 * Loads TensorFlow's native library and says whether it runs on a GPU.
 * @throws the loader's own error
 */
async function loadTensorflow(): Promise<boolean> {
  // tfjs-node 4.22 calls a function that Node 23 removed.
  (util as { isNullOrUndefined?: (value: unknown) => boolean }).isNullOrUndefined ??= (value) =>
    value == null;
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  await import(TENSORFLOW);
  await tf.setBackend('tensorflow');
  return Boolean((tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice);
}

async function startSimdEngine(request: EngineRequest, reason: string): Promise<ActiveEngine> {
  const { startSimd } = await import('./simd/index.js');
  const backend: SimdBackend = await startSimd(request.threads, request.relaxed);
  return {
    name: 'simd',
    reason,
    threads: backend.simd.threads,
    relaxed: request.relaxed,
    allocate: (bytes) => backend.lend(bytes),
    dispose: async () => {
      // Another engine may have taken the name since.
      if (tf.findBackend('simd') === backend) tf.removeBackend('simd');
      await backend.simd.dispose();
    },
  };
}

async function startTensorflow(reason: (gpu: boolean) => string): Promise<ActiveEngine> {
  try {
    const gpu = await loadTensorflow();
    return {
      name: 'tensorflow',
      reason: reason(gpu),
      threads: availableParallelism(),
      relaxed: false,
      dispose: async () => {},
    };
  } catch (cause) {
    const what = installed(TENSORFLOW)
      ? (cause as Error).message.split('\n')[0]
      : `${TENSORFLOW} is not installed`;
    throw new BayescnnError('engine', `engine tensorflow: cannot start: ${what}`, {
      cause,
      hint: `install it with \`npm install --no-save ${TENSORFLOW}\` (it downloads a library: see docs/engines.md), or use --backend simd`,
    });
  }
}

async function automatic(request: EngineRequest): Promise<ActiveEngine> {
  if (!installed(TENSORFLOW))
    return startSimdEngine(request, `the default on a CPU; ${TENSORFLOW} is not installed`);
  if (!mayHaveCuda()) return startSimdEngine(request, 'the default on a CPU; no NVIDIA driver found');
  try {
    if (await loadTensorflow()) return startTensorflow(() => 'TensorFlow uses a CUDA device');
  } catch {
    return startSimdEngine(request, `the default on a CPU; ${TENSORFLOW} is installed but does not load`);
  }
  return startSimdEngine(request, 'the default on a CPU; TensorFlow finds no CUDA device');
}

/**
 * Starts the engine that a request names and makes it TF.js's backend.
 * @throws BayescnnError 'engine' when a named engine cannot start: nothing falls back silently
 */
export async function selectEngine(request: EngineRequest): Promise<ActiveEngine> {
  // Compiled while TF.js loads; a failure is the engine's own, later.
  if (request.kind === 'simd' || request.kind === 'auto') compileKernels(request.relaxed).catch(() => {});
  await loadTfjs();
  switch (request.kind) {
    case 'auto':
      return automatic(request);
    case 'simd':
      return startSimdEngine(request, 'asked for by name');
    case 'tensorflow':
      return startTensorflow(
        (gpu) =>
          `asked for by name; ${gpu ? 'uses a CUDA device' : 'runs on the CPU: no CUDA device in use'}`,
      );
    case 'cpu':
      await tf.setBackend('cpu');
      return {
        name: 'cpu',
        reason: 'asked for by name',
        threads: 1,
        relaxed: false,
        dispose: async () => {},
      };
    case 'webgpu':
      throw new BayescnnError('engine', 'engine webgpu: not part of this version, got --backend webgpu', {
        hint: 'use --backend simd, tensorflow or cpu',
      });
  }
}

/** The state of every engine, found out by starting each (but TensorFlow only where it is installed). */
export async function describeEngines(): Promise<EngineState[]> {
  await loadTfjs();
  return [
    await probe(
      'simd',
      { kind: 'simd', threads: 0, relaxed: false },
      'reinstall the package, or run `npm run build`',
    ),
    await probe(
      'tensorflow',
      { kind: 'tensorflow', threads: 0, relaxed: false },
      `npm install --no-save ${TENSORFLOW} (it downloads a library; behind a firewall see docs/engines.md)`,
    ),
    { name: 'webgpu', available: false, detail: 'not part of this version' },
    await probe('cpu', { kind: 'cpu', threads: 1, relaxed: false }),
  ];
}

async function probe(name: EngineName, request: EngineRequest, remedy?: string): Promise<EngineState> {
  try {
    const engine = await selectEngine(request);
    // One real operation: loading alone proves little.
    const sum = tf.tidy(() => tf.sum(tf.matMul(tf.ones([4, 4]), tf.ones([4, 4]))).dataSync()[0]);
    if (sum !== 64) throw new Error(`4x4 ones multiplied and summed should give 64, got ${sum}`);
    await engine.dispose();
    const threads = engine.threads === 1 ? '1 thread' : `${engine.threads} threads`;
    const note = name === 'tensorflow' ? `, ${engine.reason.replace('asked for by name; ', '')}` : '';
    return { name, available: true, detail: `works, ${threads}${note}` };
  } catch (error) {
    const state = { name, available: false, detail: (error as Error).message };
    return remedy ? { ...state, remedy } : state;
  }
}
