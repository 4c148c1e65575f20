import { readFileSync } from 'node:fs';
import { type FileHandle, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { BayescnnError } from '../errors.js';
import { describeHolder, type Holder, newHolder, parseHolder } from './holder.js';
import { createLockFile, type Found, findLockFile } from './lock-file.js';
import { Watch } from './watch.js';

export interface LockTimes {
  /** Milliseconds between two looks at a lock that somebody else holds. */
  readonly poll: number;
  /** Milliseconds between two signs of life of its holder; a holder that cannot be seen and misses six is dead. */
  readonly beat: number;
}

const DEFAULT_TIMES: LockTimes = { poll: 500, beat: 10_000 };
const MISSED_BEATS = 6;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  readonly times?: LockTimes;
  /** Called once when another process holds the lock; `holder` is e.g. `process 4321 on node7`. */
  onWait?(holder: string): void;
  /** Gives the error to end with as soon as the holder is known to live, instead of waiting for it. */
  refuse?(holder: string): Error;
}

/** A lock that this process holds. */
export interface Lock {
  /** @throws BayescnnError 'failure' when others took this process for dead, and the lock away from it */
  check(): void;
  /** Frees it; a lock that is another's by now is left alone. */
  release(): Promise<void>;
}

/**
 * Runs `action` while no other process does so under the same lock file.
 * @throws what `acquireLock` and `action` throw
 */
export async function withLock<T>(
  file: string,
  action: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lock = await acquireLock(file, options);
  try {
    return await action();
  } finally {
    await lock.release();
  }
}

/**
 * Takes a lock, as soon as nobody holds it. That of a dead process is taken over: at once where its pid can be looked
 * for (same machine, same container, same start), else after six missed signs of life.
 * @throws BayescnnError 'interrupted' on the signal; the file system's own error when the file cannot be made
 */
export async function acquireLock(file: string, options: LockOptions = {}): Promise<Lock> {
  const times = options.times ?? DEFAULT_TIMES;
  const watch = new Watch(MISSED_BEATS * times.beat);
  let told = false;
  for (;;) {
    const holder = newHolder();
    const handle = await createLockFile(file, holder);
    if (handle !== undefined) return new HeldLock(file, handle, holder, times.beat);
    const found = await findLockFile(file);
    const state = found && watch.look(found);
    if (found && state === 'dead') {
      await removeDead(file, found, options);
      continue;
    }
    const who = describeHolder(found?.holder ?? null);
    if (state === 'alive' && options.refuse) throw options.refuse(who);
    if (found && !told) options.onWait?.(who);
    told ||= found !== undefined;
    await pause(times.poll, who, file, options.signal);
  }
}

async function pause(milliseconds: number, who: string, file: string, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((cause) => {
    const message = `${file}: stopped while ${who} held it`;
    throw new BayescnnError('interrupted', message, { cause });
  });
}

/**
 * Removes the lock of a dead process. Of all that found it dead one at a time may do so, and only while it is still that
 * lock: else the second one would remove the lock that the first has taken meanwhile. What arranges this is a lock
 * named after the dead one, so that a process that dies in here blocks nobody either.
 */
async function removeDead(file: string, dead: Found, { signal, times }: LockOptions): Promise<void> {
  const remove = async () => {
    if ((await findLockFile(file))?.id === dead.id) await rm(file, { force: true });
  };
  await withLock(`${file}.${dead.id}`, remove, { signal, ...(times && { times }) });
}

class HeldLock implements Lock {
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly holder: Holder,
    beat: number,
  ) {
    // By the open file, not by its name: that may be another's lock by now.
    const sign = () => this.handle.utimes(new Date(), new Date()).catch(() => {});
    this.timer = setInterval(() => void sign(), beat);
    this.timer.unref();
  }

  check(): void {
    const found = this.read();
    if (found?.nonce === this.holder.nonce) return;
    throw new BayescnnError(
      'failure',
      `${this.file}: expected the lock of this process, got ${found ? `that of ${describeHolder(found)}` : 'none'}`,
      {
        hint: 'this process was stopped for so long that it was taken for dead; nothing more is written by it',
      },
    );
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.handle.close();
    // One that cannot be removed must not hide what the work under it came to: it is a dead process's soon.
    if (this.read()?.nonce === this.holder.nonce) await rm(this.file, { force: true }).catch(() => undefined);
  }

  private read(): Holder | null {
    try {
      return parseHolder(readFileSync(this.file, 'utf8'));
    } catch {
      return null;
    }
  }
}
