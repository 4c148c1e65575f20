import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CORE = 'node_modules/@tensorflow/tfjs-core/dist/';
/** Below the package root: the engine looks upwards from its own file for what the build compiled. */
const OUTPUT = `${ROOT}node_modules/.cache/bayescnn/tfjs-specs.mjs`;

/**
 * Bundles TF.js's specs with its core, its `cpu` backend and our `simd` backend from source. The specs are ES modules
 * without file extensions, which Node cannot load, and they test the copy of the core that they import: in a bundle
 * there is only one.
 * @returns the path of the bundle, and the spec files in it, relative to tfjs-core's dist/
 */
export async function bundleSpecs(): Promise<{ path: string; files: string[] }> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['tests/specs/harness/main.ts'],
    outfile: OUTPUT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    // The packages' "module" entries are made of the same files that the specs import one by one.
    mainFields: ['module', 'main'],
    // The packages mark their registrations as free of side effects.
    ignoreAnnotations: true,
    external: ['jasmine-core'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    metafile: true,
    logLevel: 'warning',
  });
  const files = Object.keys(metafile.inputs)
    .filter((path) => path.startsWith(CORE) && path.endsWith('_test.js'))
    .map((path) => path.slice(CORE.length));
  return { path: OUTPUT, files };
}
