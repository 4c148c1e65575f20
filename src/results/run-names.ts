import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Names of the run folders in a folder, by name; none where it cannot be read. */
export function runNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(path.join(folder, entry.name, 'config.json')))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
