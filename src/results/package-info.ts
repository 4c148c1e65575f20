import { execFile } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
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
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', root, ...args], { timeout: 10_000 })).stdout.trim();
  try {
    const top = await git('rev-parse', '--show-toplevel');
    if (realpathSync(top) !== realpathSync(root)) return null;
    const hash = await git('rev-parse', '--verify', 'HEAD');
    return { hash, modified: (await git('status', '--porcelain', '--untracked-files=no')) !== '' };
  } catch {
    return null;
  }
}
