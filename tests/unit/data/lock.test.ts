import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { withLock } from '../../../src/data/cache/lock.js';
import { temporaryFolder } from './support.js';

const times = { poll: 5, beat: 20 };

it('runs actions under one lock one after the other, longer ones too', async () => {
  const file = path.join(temporaryFolder(), 'lock');
  let running = 0;
  let most = 0;
  const action = async () => {
    most = Math.max(most, ++running);
    await sleep(150);
    running--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(file, action, { times })));
  expect(most).toBe(1);
  expect(existsSync(file)).toBe(false);
});

it('frees the lock after a failure, and takes over one whose holder is dead', async () => {
  const file = path.join(temporaryFolder(), 'lock');
  const failing = withLock(file, () => Promise.reject(new Error('no')), { times });
  await expect(failing).rejects.toThrow('no');
  writeFileSync(file, '1\n');
  utimesSync(file, 1, 1);
  expect(await withLock(file, async () => 'done', { times })).toBe('done');
});
