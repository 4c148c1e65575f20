import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Holder, holderText, newHolder } from '../../../src/lock/holder.js';
import { acquireLock, type LockOptions, withLock } from '../../../src/lock/lock.js';

const directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-lock-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const times = { poll: 5, beat: 20 };
/** Long enough that nobody is taken for dead by silence within a test. */
const patient = { poll: 5, beat: 60_000 };
let file: string;
let count = 0;
beforeEach(() => {
  file = path.join(directory, `${count++}.lock`);
});

/** Writes a lock as another process would leave it. */
function heldBy(change: Partial<Holder>): Holder {
  const holder = { ...newHolder(), ...change };
  writeFileSync(file, holderText(holder));
  return holder;
}

const ELSEWHERE = { host: 'node7', space: 'another machine', pid: 77 };

/** Takes the lock and frees it. */
const taken = (options: LockOptions) => withLock(file, async () => 'taken', options);

/** Files of this lock that are left. */
const left = () => readdirSync(directory).filter((name) => name.startsWith(path.basename(file)));

describe('a lock', () => {
  it('lets actions run one after the other, longer ones than its silence too', async () => {
    let running = 0;
    let most = 0;
    const action = async () => {
      most = Math.max(most, ++running);
      await sleep(150);
      running--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, action, { times })));
    expect(most).toBe(1);
    expect(left()).toEqual([]);
  });

  it('is freed after a failure', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no')), { times })).rejects.toThrow('no');
    expect(left()).toEqual([]);
  });

  it('names its holder, and says who is waited for', async () => {
    const lock = await acquireLock(file, { times: patient });
    const { pid, nonce } = JSON.parse(readFileSync(file, 'utf8'));
    expect([pid, nonce]).toEqual([process.pid, expect.stringMatching(/^[0-9a-f]{16}$/)]);
    const waits: string[] = [];
    const waiting = taken({ times: patient, onWait: (holder) => waits.push(holder) });
    await sleep(50);
    await lock.release();
    expect(await waiting).toBe('taken');
    expect(waits).toEqual([`process ${process.pid}`]);
  });

  it('that is another holder’s by now is left alone, and known to be lost', async () => {
    const lock = await acquireLock(file, { times: patient });
    lock.check();
    const other = heldBy(ELSEWHERE);
    expect(() => lock.check()).toThrow(/expected the lock of this process, got that of process 77 on node7/);
    await lock.release();
    expect(readFileSync(file, 'utf8')).toBe(holderText(other));
    rmSync(file);
    expect(() => lock.check()).toThrow(/got none/);
  });

  it('is given up on the signal', async () => {
    heldBy(ELSEWHERE);
    const error = await taken({ times: patient, signal: AbortSignal.timeout(30) }).catch((thrown) => thrown);
    expect([error.code, error.message]).toEqual([
      'interrupted',
      expect.stringContaining('process 77 on node7'),
    ]);
    expect(existsSync(file)).toBe(true);
  });

  it('that cannot be made is the file system’s error', async () => {
    const nowhere = path.join(directory, 'nowhere', 'lock');
    await expect(acquireLock(nowhere)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('a lock that was left behind', () => {
  it('by a process that ended is taken over at once', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    heldBy({ pid });
    expect(await taken({ times: patient })).toBe('taken');
    expect(left()).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')(
    'is taken over at once where its pid is another’s by now',
    async () => {
      heldBy({ started: '1' });
      expect(await taken({ times: patient })).toBe('taken');
    },
  );

  it('on another machine, or cut short, is taken over after six silent beats, whatever its clock said', async () => {
    for (const content of [holderText({ ...newHolder(), ...ELSEWHERE }), '', '1\n', '{"pid":']) {
      writeFileSync(file, content);
      utimesSync(file, new Date(), new Date(Date.now() + 3600_000));
      const started = performance.now();
      expect(await taken({ times })).toBe('taken');
      expect(performance.now() - started).toBeGreaterThan(6 * times.beat);
    }
  });

  it('on another machine is not taken over while its holder gives signs', async () => {
    heldBy(ELSEWHERE);
    let beats = 0;
    const beating = setInterval(() => utimesSync(file, new Date(), new Date(1000 * ++beats)), times.beat);
    const waiting = taken({ times: { poll: 5, beat: 100 } });
    expect(await Promise.race([waiting, sleep(1000, 'waits')])).toBe('waits');
    clearInterval(beating);
    expect(await waiting).toBe('taken');
  });

  it('is taken over by one of many, every time', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    for (let round = 0; round < 10; round++) {
      heldBy({ pid });
      let inside = 0;
      let most = 0;
      const action = async () => {
        most = Math.max(most, ++inside);
        await sleep(1);
        inside--;
      };
      await Promise.all(
        Array.from({ length: 12 }, () => withLock(file, action, { times: { ...patient, poll: 1 } })),
      );
      expect(most).toBe(1);
      expect(left()).toEqual([]);
    }
  });

  it('is removed by one at a time, and only while it is still that lock', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const { nonce } = heldBy({ pid });
    // Another process is about to remove it ...
    const other = await acquireLock(`${file}.${nonce}`, { times: patient });
    const waiting = taken({ times: patient });
    await sleep(50);
    expect(JSON.parse(readFileSync(file, 'utf8')).nonce).toBe(nonce);
    // ... and has taken the lock when this one gets so far.
    const next = heldBy({});
    await other.release();
    expect(await Promise.race([waiting, sleep(100, 'waits')])).toBe('waits');
    expect(readFileSync(file, 'utf8')).toBe(holderText(next));
    rmSync(file);
    expect(await waiting).toBe('taken');
  });

  it('is taken over also where a process died in taking it over', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const { nonce } = heldBy({ pid });
    writeFileSync(`${file}.${nonce}`, holderText({ ...newHolder(), pid }));
    expect(await taken({ times: patient })).toBe('taken');
    expect(left()).toEqual([]);
  });
});

describe('a lock that is not waited for', () => {
  const refuse = (holder: string) => new Error(`held by ${holder}`);

  it('is refused at once while its holder lives here', async () => {
    await withLock(file, async () => {
      await expect(acquireLock(file, { times: patient, refuse })).rejects.toThrow(
        `held by process ${process.pid}`,
      );
    });
  });

  it('is refused after the first sign of life from another machine, and taken without any', async () => {
    heldBy(ELSEWHERE);
    const sign = setTimeout(() => utimesSync(file, new Date(), new Date(5000)), 40);
    await expect(taken({ times: patient, refuse })).rejects.toThrow('held by process 77 on node7');
    clearTimeout(sign);
    expect(await taken({ times, refuse })).toBe('taken');
  });
});
