import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAbort } from '../fail.js';

export interface LockTimes {
  /** Milliseconds between two looks at a lock that somebody else holds. */
  readonly poll: number;
  /** Milliseconds between two signs of life of its holder; four without one free it. */
  readonly beat: number;
}

const DEFAULT_TIMES: LockTimes = { poll: 500, beat: 15_000 };

export interface LockOptions {
  readonly signal?: AbortSignal;
  readonly times?: LockTimes;
  /** Called once when another process holds the lock. */
  onWait?(): void;
}

/**
 * Runs `action` while no other process does so under the same lock file: runs started side by side download
 * once.
 */
export async function withLock<T>(
  file: string,
  action: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const times = options.times ?? DEFAULT_TIMES;
  await acquire(file, times, options);
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), times.beat);
  beat.unref();
  try {
    return await action();
  } finally {
    clearInterval(beat);
    await rm(file, { force: true });
  }
}

async function acquire(file: string, times: LockTimes, options: LockOptions): Promise<void> {
  let told = false;
  while (!(await create(file))) {
    if (!told) options.onWait?.();
    told = true;
    const held = await stat(file).catch(() => undefined);
    if (held !== undefined && Date.now() - held.mtimeMs > 4 * times.beat) await rm(file, { force: true });
    else
      await sleep(times.poll, undefined, { signal: options.signal }).catch(() => checkAbort(options.signal));
  }
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.write(`${process.pid}\n`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
