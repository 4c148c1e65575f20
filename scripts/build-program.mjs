// Puts the program's own modules into a few files: Node takes 0.2 s to find, read and link the 370 that a training needs.
// The packages that it depends on stay outside. All files lie two folders below the package's, as the modules do, since
// some name files beside them. The library is what `tsc` wrote.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

const outdir = 'dist/program';
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: ['dist/cli/main.js'],
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outdir,
  logLevel: 'warning',
});
