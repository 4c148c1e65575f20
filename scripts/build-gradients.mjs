// TensorFlow.js ships its gradient registrations only as extensionless ES modules, which Node cannot load.
// This bundles them; the registries they write to are process globals, so the copy serves the CommonJS core.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

await build({
  absWorkingDir: root,
  entryPoints: ['@tensorflow/tfjs-core/dist/register_all_gradients.js'],
  outfile: 'dist/backends/tfjs-gradients.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  // The package marks its registrations as free of side effects; without this they would be dropped.
  ignoreAnnotations: true,
  minifyWhitespace: true,
  logLevel: 'warning',
});
