// Compiles the engine's kernels, once with plain and once with relaxed SIMD.
import { mkdirSync } from 'node:fs';
import asc from 'assemblyscript/asc';

const VARIANTS = { 'simd.wasm': 'simd,threads', 'simd-relaxed.wasm': 'simd,threads,relaxed-simd' };
mkdirSync('dist/backends/simd', { recursive: true });
for (const [name, features] of Object.entries(VARIANTS)) {
  const { error, stderr } = await asc.main([
    'src/backends/simd/assembly/index.ts',
    ...['--outFile', `dist/backends/simd/${name}`],
    ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
    ...['--runtime', 'stub', '--enable', features],
    // Without stack checks a worker may not have heard of a memory that grew, and bulk instructions check its size.
    ...['--disable', 'bulk-memory'],
    // 32,768 pages are 2 GiB: an address fits a positive 32-bit integer.
    ...['--importMemory', '--sharedMemory', '--maximumMemory', '32768'],
    // Nothing lies below 1,024, so constant offsets may become part of loads and stores.
    ...['--lowMemoryLimit', '1024'],
    // Vectors cross function borders inside the module only.
    ...['--disableWarning', '112'],
  ]);
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
}
