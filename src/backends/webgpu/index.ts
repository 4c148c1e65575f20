import { createRequire } from 'node:module';
import { BayescnnError } from '../../errors.js';
import { tf } from '../tfjs.js';
import { WebgpuBackend } from './backend.js';
import { Device } from './device.js';
import { TESTED, WEBGPU } from './package.js';
import { registerWebgpuKernels } from './register.js';

export type { WebgpuBackend } from './backend.js';

const require = createRequire(import.meta.url);
let registered = false;

function installed(): boolean {
  try {
    require.resolve(WEBGPU);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens the GPU and makes it TF.js's backend `webgpu`.
 * @throws BayescnnError 'engine' where the package or a driver is missing
 */
export async function startWebgpu(): Promise<WebgpuBackend> {
  if (!installed()) throw cannotStart(`${WEBGPU} is not installed`);
  const open = () =>
    Device.open().catch((cause: unknown) => {
      throw cannotStart((cause as Error).message, cause);
    });
  if (!registered) registerWebgpuKernels();
  registered = true;
  // Made here and not by TF.js, which turns a failure into a warning.
  const backend = new WebgpuBackend(await open());
  if (tf.findBackend('webgpu')) tf.removeBackend('webgpu');
  let fresh: WebgpuBackend | undefined = backend;
  tf.registerBackend('webgpu', async () => {
    // TF.js asks again after it has disposed of the backend (`engine().reset()`): its device is gone by then.
    const next = fresh ?? new WebgpuBackend(await open());
    fresh = undefined;
    return next;
  });
  await tf.setBackend('webgpu');
  return backend;
}

function cannotStart(what: string, cause?: unknown): BayescnnError {
  return new BayescnnError('engine', `engine webgpu: cannot start: ${what}`, {
    cause,
    hint: installed()
      ? 'install a driver for the GPU (Vulkan on Linux; see docs/engines.md), or use --backend simd'
      : `install it with \`npm install --no-save ${WEBGPU}@${TESTED}\`, or use --backend simd`,
  });
}
