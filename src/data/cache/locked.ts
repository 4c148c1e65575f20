import { acquireLock } from '../../lock/lock.js';
import { fileError } from '../fail.js';

export interface CacheLockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock, e.g. with `process 4321`. */
  onWait?(holder: string): void;
}

/**
 * Runs `action` while no other process does so for the same `file` of the cache: processes side by side download, decode
 * and generate once.
 * @throws data error when the lock cannot be made; what `action` throws
 */
export async function lockedFor<T>(
  file: string,
  action: () => Promise<T>,
  options: CacheLockOptions,
): Promise<T> {
  const lock = await acquireLock(`${file}.lock`, options).catch((error) => {
    throw fileError('cache', `${file}.lock`, error);
  });
  try {
    return await action();
  } finally {
    await lock.release();
  }
}
