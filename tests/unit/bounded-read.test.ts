import { execFileSync } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBounded, TooLong } from '../../src/bounded-read.js';
import { loadConfig } from '../../src/config/index.js';
import { readPicture } from '../../src/data/index.js';
import { failureOf, temporaryFolder } from './data/support.js';

const unix = process.platform === 'win32' ? 'skip on Windows' : 'unix';

describe('readBounded', () => {
  it('reads files up to the bound, not longer ones', async () => {
    const file = path.join(temporaryFolder(), 'f');
    for (const length of [0, 1, 65_536, 65_537, 200_000]) {
      const bytes = Buffer.alloc(length, length % 251);
      writeFileSync(file, bytes);
      expect((await readBounded(file, length)).equals(bytes)).toBe(true);
      if (length > 0) await expect(readBounded(file, length - 1)).rejects.toBeInstanceOf(TooLong);
    }
  });

  it.runIf(unix === 'unix')('reads a pipe to its end, and a device that has none not for ever', async () => {
    const pipe = path.join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    createWriteStream(pipe).end(Buffer.alloc(300_000, 7));
    expect((await readBounded(pipe, 300_000)).equals(Buffer.alloc(300_000, 7))).toBe(true);
    await expect(readBounded('/dev/zero', 1e6)).rejects.toBeInstanceOf(TooLong);
  });
});

describe.runIf(unix === 'unix')('a device named by mistake', () => {
  it('is refused as a config and as a picture', async () => {
    const config = await failureOf(() => loadConfig('/dev/zero'));
    expect([config.exitCode, config.message]).toEqual([
      2,
      expect.stringMatching(/readable file, got more than \d+ bytes/),
    ]);
    const picture = await failureOf(() => readPicture('/dev/zero'));
    expect([picture.exitCode, picture.message]).toEqual([
      3,
      expect.stringMatching(/at most \d+ bytes, got more/),
    ]);
  });
});
