import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { nearest } from '../nearest.js';
import { packageRoot } from '../results/package-info.js';

const folder = () => path.join(packageRoot(), 'configs');

/** Names of the configs that come with the package, e.g. `quickstart`. */
export function shippedConfigs(): string[] {
  return readdirSync(folder())
    .filter((file) => file.endsWith('.json'))
    .map((file) => path.basename(file, '.json'))
    .sort();
}

/** The config file that is meant: a shipped one by its bare name, unless a file has that name; else the path itself. */
export function locateConfig(given: string): string {
  if (!existsSync(given) && shippedConfigs().includes(given)) return path.join(folder(), `${given}.json`);
  return given;
}

/** What to try where a config cannot be read. */
export function unreadableHint(file: string): string {
  const names = shippedConfigs();
  const meant = nearest(path.basename(file).replace(/\.jsonc?$/, ''), names);
  return meant === undefined
    ? `check the path, or name a config that comes with bayescnn: ${names.join(', ')}`
    : `--config ${meant}, a config that comes with bayescnn; or check the path`;
}
