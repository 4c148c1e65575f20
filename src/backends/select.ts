import { beginEngine } from './begin.js';
import type { ActiveEngine, EngineName, EngineRequest } from './engine.js';
import type { SimdEngine } from './simd/engine.js';
import type { SimdBackend } from './simd/index.js';
import { obstacleToTensorflow, startTensorflow } from './tensorflow.js';
import { TENSORFLOW } from './tensorflow-package.js';
import { loadTfjs, tf } from './tfjs.js';
import { TESTED, WEBGPU } from './webgpu/package.js';

export type { ActiveEngine, EngineName, EngineRequest } from './engine.js';

/** One engine's state, for `doctor`. */
export interface EngineState {
  name: EngineName;
  available: boolean;
  detail: string;
  remedy?: string;
}

async function startSimdEngine(
  request: EngineRequest,
  reason: string,
  created?: Promise<SimdEngine>,
): Promise<ActiveEngine> {
  const { startSimd } = await import('./simd/index.js');
  const backend: SimdBackend = await startSimd(request.threads, request.relaxed, created);
  return {
    name: 'simd',
    reason,
    device: 'CPU',
    threads: backend.simd.threads,
    relaxed: request.relaxed,
    allocate: (bytes) => backend.simd.heap.lend(bytes),
    dispose: async () => {
      // Another engine may have taken the name since.
      if (tf.findBackend('simd') === backend) tf.removeBackend('simd');
      await backend.simd.dispose();
    },
  };
}

async function startWebgpuEngine(): Promise<ActiveEngine> {
  const { startWebgpu } = await import('./webgpu/index.js');
  const backend = await startWebgpu();
  const { name, software } = backend.device.adapter;
  const note = software ? 'its adapter computes on the CPU' : undefined;
  return {
    name: 'webgpu',
    reason: byName(note),
    ...(note && { note }),
    device: name,
    threads: 1,
    relaxed: false,
    dispose: async () => {
      // Another engine may have taken the name since.
      if (tf.findBackend('webgpu') === backend) tf.removeBackend('webgpu');
      await backend.device.dispose();
    },
  };
}

function byName(note?: string): string {
  return note === undefined ? 'asked for by name' : `asked for by name; ${note}`;
}

async function automatic(request: EngineRequest, created?: Promise<SimdEngine>): Promise<ActiveEngine> {
  const obstacle = await obstacleToTensorflow(request.threads);
  if (obstacle === undefined) return startTensorflow(request.threads, (note) => `TensorFlow ${note}`);
  return startSimdEngine(request, `the default on a CPU; ${obstacle}`, created);
}

/**
 * Starts the engine that a request names and makes it TF.js's backend.
 * @param begun the same request, where it was begun before
 * @throws BayescnnError 'engine' when a named engine cannot start: nothing falls back silently
 */
export async function selectEngine(
  request: EngineRequest,
  { simd: created } = beginEngine(request),
): Promise<ActiveEngine> {
  await loadTfjs();
  switch (request.kind) {
    case 'auto':
      return automatic(request, created);
    case 'simd':
      return startSimdEngine(request, byName(), created);
    case 'tensorflow':
      return startTensorflow(request.threads, byName);
    case 'cpu':
      await tf.setBackend('cpu');
      return {
        name: 'cpu',
        reason: byName(),
        device: 'CPU',
        threads: 1,
        relaxed: false,
        dispose: async () => {},
      };
    case 'webgpu':
      return startWebgpuEngine();
  }
}

/**
 * The state of every engine, found out by starting each.
 * @param check tries the engine that runs and says what it found; loading alone proves little
 */
export async function describeEngines(check: () => string): Promise<EngineState[]> {
  await loadTfjs();
  const probe = (name: EngineName, request: EngineRequest, remedy?: string) =>
    stateOf(name, request, remedy, check);
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
    await probe(
      'webgpu',
      { kind: 'webgpu', threads: 0, relaxed: false },
      `npm install --no-save ${WEBGPU}@${TESTED}, and a driver for the GPU (see docs/engines.md)`,
    ),
    await probe('cpu', { kind: 'cpu', threads: 1, relaxed: false }),
  ];
}

async function stateOf(
  name: EngineName,
  request: EngineRequest,
  remedy: string | undefined,
  check: () => string,
): Promise<EngineState> {
  try {
    const engine = await selectEngine(request);
    let found: string;
    try {
      found = check();
    } finally {
      await engine.dispose();
    }
    return { name, available: true, detail: `works, ${whereOf(engine)}; ${found}` };
  } catch (error) {
    const state = { name, available: false, detail: (error as Error).message };
    return remedy ? { ...state, remedy } : state;
  }
}

/** What an engine runs on, for people. */
function whereOf({ name, device, note, threads }: ActiveEngine): string {
  if (name === 'webgpu') return `on ${device}${note ? `: ${note}` : ''}`;
  return `${threads === 1 ? '1 thread' : `${threads} threads`}${note ? `, ${note}` : ''}`;
}
