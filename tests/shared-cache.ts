import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Before all tests: one cache for those that do not ask about it. Generating and decoding the synthetic archive takes
 * seconds, which each test file would spend again.
 * @returns what is done after all tests
 */
export default function makeSharedCache(): (() => void) | undefined {
  // Every project of vitest comes by.
  if (process.env.BAYESCNN_SHARED_CACHE !== undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-cache-'));
  process.env.BAYESCNN_SHARED_CACHE = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
