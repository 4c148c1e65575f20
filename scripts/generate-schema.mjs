// Writes the JSON Schemas of schema/ from the compiled zod schemas (run after `tsc`).
// With --check it writes nothing and exits 1 when a file on disk is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { schemaFiles } from '../dist/config/json-schema.js';

const folder = new URL('../schema/', import.meta.url);
const check = process.argv.includes('--check');
if (!check) await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) {
  const file = new URL(name, folder);
  if (!check) {
    await writeFile(file, text);
    continue;
  }
  const current = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (current === text) continue;
  console.error(`schema/${name}: must match src/config, got a stale file; run scripts/generate-schema.mjs`);
  process.exitCode = 1;
}
