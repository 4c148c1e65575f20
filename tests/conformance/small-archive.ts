import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { writeSyntheticArchive } from '../../src/data/index.js';

/** A folder for a test file with an archive of 60 training and 20 test images, and the cache; gone with the file's last test. */
export interface SmallArchive {
  readonly directory: string;
  readonly archive: string;
  /** Known once tests run. */
  sha256: string;
}

export function smallArchive(name: string): SmallArchive {
  const directory = mkdtempSync(path.join(tmpdir(), `bayescnn-${name}-`));
  const small: SmallArchive = { directory, archive: path.join(directory, 'archive.tar.gz'), sha256: '' };
  beforeAll(async () => {
    process.env.BAYESCNN_CACHE = path.join(directory, 'cache');
    const written = await writeSyntheticArchive(small.archive, { seed: 3, trainPerFile: 12, test: 20 });
    small.sha256 = written.sha256;
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return small;
}
