import { readdirSync, readFileSync } from 'node:fs';
import { ROOT } from './bundle.js';

const CORE = `${ROOT}node_modules/@tensorflow/tfjs-core/dist/`;

/** The spec files of the installed tfjs-core, relative to its dist/. */
export function specFiles(): string[] {
  const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' });
  return files.map((path) => path.replaceAll('\\', '/')).filter((path) => path.endsWith('_test.js'));
}

/** The names of the suites that depend on a backend or a platform, wherever they run. */
export function suiteNames(): string[] {
  const names = new Set<string>();
  for (const file of specFiles()) {
    const source = readFileSync(CORE + file, 'utf8');
    for (const [, , name] of source.matchAll(/describeWithFlags\(\s*(['"`])(.*?)\1\s*,/g)) names.add(name);
  }
  return [...names];
}
