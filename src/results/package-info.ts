import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BayescnnError } from '../errors.js';

const run = promisify(execFile);

/** The folder of this package's package.json, from source or compiled files alike. */
export function packageRoot(): string {
  const start = path.dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'package.json'))) return folder;
    if (folder === path.dirname(folder)) {
      throw new BayescnnError('failure', `package.json: must lie above ${start}, got none`, {
        hint: 'install bayescnn again',
      });
    }
  }
}

/** The version in package.json. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version: string })
    .version;
}

/** A commit of the package's own repository. */
export interface Commit {
  hash: string;
  /** Whether tracked files differ from it. */
  modified: boolean;
}

/**
 * The commit that `root` was checked out at; null when it is no repository's top folder (an installed
 * package inside someone else's repository must not report theirs), has no commit, or git is absent.
 */
export async function gitCommit(root: string): Promise<Commit | null> {
  if (!existsSync(path.join(root, '.git'))) return null;
  // One process for all: each costs a start a dozen milliseconds.
  const options = ['--porcelain=v2', '--branch', '--no-ahead-behind', '--untracked-files=no'];
  // What stands in for a repository must not make git look above it.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: path.dirname(root) };
  try {
    const { stdout } = await run('git', ['-C', root, 'status', ...options], { timeout: 10_000, env });
    const [, hash] = /^# branch[.]oid ([0-9a-f]+)$/m.exec(stdout) ?? [];
    return hash === undefined ? null : { hash, modified: /^[^#\s]/m.test(stdout) };
  } catch {
    return null;
  }
}
