// Writes schema/config.schema.json from the compiled config schema (run after `tsc`).
// With --check it writes nothing and exits 1 when the file on disk is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { jsonSchemaText } from '../dist/config/json-schema.js';

const file = new URL('../schema/config.schema.json', import.meta.url);
const text = jsonSchemaText();

if (process.argv.includes('--check')) {
  const current = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (current !== text) {
    console.error(
      'schema/config.schema.json: must match src/config, got a stale file; run scripts/generate-schema.mjs',
    );
    process.exitCode = 1;
  }
} else {
  await mkdir(new URL('.', file), { recursive: true });
  await writeFile(file, text);
}
