import { loadTfjs, tf } from '../../src/backends/tfjs.js';

/** The engines that every conformance test runs on. */
export function engines(): string[] {
  return ['cpu'];
}

/** Starts an engine and makes it the current one. */
export async function useEngine(name: string): Promise<void> {
  await loadTfjs();
  if (!(await tf.setBackend(name))) throw new Error(`engine ${name} did not start`);
}
