// Puts the program's own modules into a few files: Node takes 0.2 s to find, read and link the 370 that a training needs.
// So with the packages whose modules every start needs: of zod's 94 the program uses a third. Other packages stay outside.
// All files lie two folders below the package's, as the modules do, since some name files beside them. The library is what
// `tsc` wrote.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = 'dist/program';
const INSIDE = ['zod', 'strip-json-comments', 'pbf'];

/** A package's name, version and licence, as its licence asks to be told. */
function licenceOf(name) {
  const folder = path.join(root, 'node_modules', name);
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${version}\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
}

const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
  readFileSync(path.join(root, 'package.json'), 'utf8'),
);
const outside = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).filter(
  (name) => !INSIDE.includes(name),
);
rmSync(path.join(root, outdir), { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['dist/cli/main.js'],
  bundle: true,
  splitting: true,
  external: outside,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outdir,
  logLevel: 'warning',
});
const intro = 'These files hold parts of the following packages.\n';
writeFileSync(
  path.join(root, outdir, 'LICENSES.txt'),
  [intro, ...INSIDE.map(licenceOf)].join(`\n${'-'.repeat(80)}\n\n`),
);
