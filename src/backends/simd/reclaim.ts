import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may wait for the garbage collector's own time. */
const PATIENCE = 2 ** 26;

let abandoned = 0;

/** Notes the memory of an engine that was disposed of. */
export function abandon(bytes: number): void {
  abandoned += bytes;
}

/**
 * Frees the memory of engines that are gone. Only the garbage collector can, and V8 does not count shared memory as a
 * reason to run: a process that trains again and again would grow by a data set each time.
 */
export function reclaim(): void {
  if (abandoned < PATIENCE) return;
  abandoned = 0;
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
