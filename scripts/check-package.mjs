// Checks what npm would publish: its size, its exports and types (publint, attw), unused files and dependencies (knip), its API pages (typedoc), and that
// it works where it is installed from nothing: into an empty folder, without install scripts, so without a compiler.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-package-'));
const run = (program, ...args) => execFileSync(program, args, { cwd: root, stdio: 'inherit' });
const installed = (name) => path.join(root, 'node_modules/.bin', name);

/** Bytes of all files below a folder. */
function bytesIn(top) {
  const files = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
}

/** Installs the package into an empty folder, and trains and evaluates there. */
function tryInstalled(tarball) {
  const cwd = path.join(folder, 'empty');
  mkdirSync(cwd);
  writeFileSync(path.join(cwd, 'package.json'), '{ "private": true }');
  const env = { ...process.env, BAYESCNN_CACHE: path.join(folder, 'cache') };
  const there = (program, ...args) => execFileSync(program, args, { cwd, env, stdio: 'inherit' });
  there(
    'npm',
    'install',
    tarball,
    '--prefer-offline',
    '--ignore-scripts',
    '--omit=optional',
    '--no-audit',
    '--no-fund',
  );
  console.log(
    `installed, with what it needs: ${Math.round(bytesIn(path.join(cwd, 'node_modules')) / 1e6)} MB`,
  );
  const settings = ['--subset', '200', '--set', 'train.epochs=1', '--threads', '1', '--quiet'];
  there('npx', 'bayescnn', 'train', '--config', 'quickstart', ...settings);
  there('npx', 'bayescnn', 'eval', 'results/quickstart', '--threads', '1', '--quiet');
  there(
    'node',
    '--input-type=module',
    '--eval',
    "import { train } from 'bayescnn'; if (!train) process.exit(1);",
  );
}

try {
  // Built already: `prepare` would build again.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(
    execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }),
  );
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
  console.log(`package: ${entryCount} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`);
  const tarball = path.join(folder, filename);
  run(installed('publint'), 'run', tarball, '--strict');
  run(
    installed('attw'),
    tarball,
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    'schema/config.schema.json',
  );
  // Exports are the tests' too; what the package needs and what lies about is checked.
  run(installed('knip'), '--include', 'files,dependencies,unlisted,unresolved,binaries');
  // Every type that the library's functions speak of has its page; a warning is an error.
  run(installed('typedoc'), '--emit', 'none');
  tryInstalled(tarball);
} catch (error) {
  // Each tool has printed its own findings.
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
