import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { BayescnnError } from '../../errors.js';
import { artifact } from '../artifacts.js';

const modules = new Map<boolean, Promise<WebAssembly.Module>>();

/**
 * The compiled kernels: one module a process and variant, made on other threads, so that an early call costs nothing.
 * @param relaxed with fused multiply-add
 * @throws BayescnnError 'engine' when the module does not compile here
 */
export function compileKernels(relaxed: boolean): Promise<WebAssembly.Module> {
  let module = modules.get(relaxed);
  if (module === undefined) {
    module = compile(relaxed);
    modules.set(relaxed, module);
  }
  return module;
}

async function compile(relaxed: boolean): Promise<WebAssembly.Module> {
  // Node 20 has relaxed SIMD behind a flag; later versions ignore it.
  if (relaxed) setFlagsFromString('--experimental-wasm-relaxed-simd');
  // Tiering compiles hot kernels late, and some never: the optimizing compiler alone is 3 to 5 times as fast.
  setFlagsFromString('--no-liftoff');
  // A check in every round of every loop, 5 to 8 % of a step, for code that may recurse or run for ever. Ours does neither.
  setFlagsFromString('--no-wasm-stack-checks');
  const name = relaxed ? 'simd-relaxed.wasm' : 'simd.wasm';
  try {
    return await WebAssembly.compile(await readFile(artifact('simd', name)));
  } catch (cause) {
    if (cause instanceof BayescnnError) throw cause;
    throw new BayescnnError(
      'engine',
      `engine simd: ${name} does not compile here: ${(cause as Error).message}`,
      {
        cause,
        hint: relaxed
          ? 'this Node has no relaxed SIMD; set backend.relaxed to false'
          : 'use Node 20.19 or later, or --backend cpu',
      },
    );
  }
}
