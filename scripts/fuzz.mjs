// Feeds mutated files and settings to every reader of the program: `node scripts/fuzz.mjs --cases 100000`.
// The targets and how they judge are in tests/property/fuzz/; a failure prints the command that runs it again.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outfile = `${root}node_modules/.cache/bayescnn/fuzz.mjs`;

process.chdir(root);
await build({
  entryPoints: ['tests/property/fuzz/main.ts'],
  outfile,
  bundle: true,
  packages: 'external',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning',
});
await import(outfile);
