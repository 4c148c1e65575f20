import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

// Not `import`: Node would read its 1.4 MB through for the names of exports, an eighth of a second at every start.
import tf = require('@tensorflow/tfjs-core');

import { BayescnnError } from '../errors.js';

export { tf };

/** The same place from src/backends and from dist/backends: both lie two levels below the package root. */
const GRADIENTS = new URL('../../dist/backends/tfjs-gradients.js', import.meta.url);

let loading: Promise<typeof tf> | undefined;

/**
 * Makes TensorFlow.js usable: registers every op's gradient and the plain JavaScript backend `cpu`.
 * Safe to call many times; it selects no backend.
 * @throws BayescnnError 'engine' when the bundled gradients are missing
 */
export function loadTfjs(): Promise<typeof tf> {
  loading ??= load();
  return loading;
}

async function load(): Promise<typeof tf> {
  if (!existsSync(GRADIENTS)) {
    throw new BayescnnError(
      'engine',
      `tfjs: the bundled gradients are missing, got no ${GRADIENTS.pathname}`,
      {
        hint: 'run npm run build (or node scripts/build-gradients.mjs)',
      },
    );
  }
  await import(GRADIENTS.href);
  createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu');
  silenceGreeting();
  return tf;
}

/** The cpu backend advertises tfjs-node on its first write; our own engine makes that advice wrong. */
function silenceGreeting(): void {
  const backend = tf.findBackend('cpu') as { firstUse?: boolean } | null;
  if (backend !== null) backend.firstUse = false;
}
