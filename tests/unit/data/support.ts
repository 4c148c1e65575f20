import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { BayescnnError } from '../../../src/errors.js';

const SHARED = process.env.BAYESCNN_SHARED ?? path.resolve(import.meta.dirname, '../../../../shared');
export const JPEG_ARCHIVE = path.join(SHARED, 'cifar10/cifar-10-binary-jpeg.tar.gz');
export const JPEG_SHA256 = 'bb80b26a0f65a6b208784962bea26e012367d0a893e109e30ed7ef9f03393f27';
export const HEAD_ARCHIVE = path.join(SHARED, 'cifar10/cifar-10-binary-head1k.tar.gz');
export const HEAD_SHA256 = '38ff14b4248004b19ce212d975c2b0678feb2e8ad48aa623aea68a74e398abbd';
/** Vitest shows skipped tests by name, hence the reason in it. */
export const sharedName = (name: string): string =>
  existsSync(JPEG_ARCHIVE) ? name : `${name} [skipped: no archives in ${SHARED}; set BAYESCNN_SHARED]`;
export const hasShared = existsSync(JPEG_ARCHIVE) && existsSync(HEAD_ARCHIVE);

const folders: string[] = [];

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-data-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** All files below a folder, as relative paths. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** The error that `action` rejects or throws with; fails when there is none, or none of ours. */
export async function failureOf(action: () => unknown): Promise<BayescnnError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof BayescnnError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export * from './archives.js';
