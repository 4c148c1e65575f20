import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { acquireLock, type Lock } from '../lock/lock.js';
import { writeError } from './atomic-write.js';

export interface RunLockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told when it takes a minute to see whether another machine's process lives. */
  onWait?(message: string): void;
}

/**
 * Takes a run folder for this process alone: two that train in one folder would spoil it. The lock of a process that
 * died is taken over.
 * @throws BayescnnError 'failure' when another process holds the folder, or when it cannot be written
 */
export async function lockRun(folder: string, { signal, onWait }: RunLockOptions = {}): Promise<Lock> {
  const file = path.join(folder, 'run.lock');
  const refuse = (holder: string) =>
    new BayescnnError(
      'failure',
      `${folder}: expected a run folder that no process trains in, got ${holder} in it`,
      {
        hint: `wait until it has ended, or stop it; if it does something else and this is a copy of its run, remove ${file}`,
      },
    );
  const wait = (holder: string) =>
    onWait?.(`${folder}: ${holder} trained in it; looking for up to a minute whether it still does`);
  return acquireLock(file, { signal, refuse, onWait: wait }).catch((error) => {
    throw error instanceof BayescnnError ? error : writeError(file, error);
  });
}
