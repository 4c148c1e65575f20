import { createRequire } from 'node:module';
import { it } from 'vitest';
import { selectEngine } from '../../src/backends/select.js';
import { startSimd } from '../../src/backends/simd/index.js';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { startWebgpu } from '../../src/backends/webgpu/index.js';
import { useSoftwareAdapter } from '../software-adapter.js';

const TENSORFLOW = '@tensorflow/tfjs-node-gpu';

/** Why TensorFlow's native engine cannot be tested here; undefined where it can. */
const missing = await whatTensorflowLacks();

async function whatTensorflowLacks(): Promise<string | undefined> {
  try {
    createRequire(import.meta.url).resolve(TENSORFLOW);
  } catch {
    return `${TENSORFLOW} is not installed`;
  }
  try {
    await selectEngine({ kind: 'tensorflow', threads: 1, relaxed: false });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

let software = true;

/** Whether the adapter that `webgpu` was last started with computes on the CPU, for tests that would take minutes there. */
export const webgpuIsSoftware = (): boolean => software;

/** Why the engine `webgpu` cannot be tested here; undefined where it can. */
export async function whatWebgpuLacks(): Promise<string | undefined> {
  useSoftwareAdapter();
  await loadTfjs();
  try {
    const { device } = await startWebgpu();
    software = device.adapter.software;
    await device.dispose();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (tf.findBackend('webgpu') !== null) tf.removeBackend('webgpu');
  }
}

/** Engines that cannot be tested here, and why. */
export async function absentEngines(): Promise<Record<string, string | undefined>> {
  return { tensorflow: missing, webgpu: await whatWebgpuLacks() };
}

/** The engines, besides `webgpu`, that every conformance test runs on; one that is not there shows up as a skipped test. */
export function engines(): string[] {
  if (missing === undefined) return ['cpu', 'simd', 'tensorflow'];
  it.skip(`on tensorflow [skipped: ${missing}]`, () => {});
  return ['cpu', 'simd'];
}

/** The same and `webgpu`, for tests that its adapter in software can do in moments. */
export async function enginesWithWebgpu(): Promise<string[]> {
  const lacks = await whatWebgpuLacks();
  if (lacks === undefined) return [...engines(), 'webgpu'];
  it.skip(`on webgpu [skipped: ${lacks}]`, () => {});
  return engines();
}

/** Starts an engine, or goes back to it, and makes it the current one. */
export async function useEngine(name: string, threads = 2): Promise<void> {
  await loadTfjs();
  if (name === 'simd' && tf.findBackend('simd') === null) await startSimd(threads, false);
  if (name === 'webgpu' && tf.findBackend('webgpu') === null) await startWebgpu();
  if (!(await tf.setBackend(name))) throw new Error(`engine ${name} did not start`);
}
