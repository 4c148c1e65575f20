import { BayescnnError, ExitCode } from '../errors.js';
import type { Io } from './io.js';

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM aborts, so that a run can stop
 * after its step and keep its files whole; the second ends the process at once.
 */
export async function interruptible<T>(
  io: Io,
  output: { warn(message: string): void; close(): void },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const remove = io.onSignal((name) => {
    if (controller.signal.aborted) {
      // A bar left standing would leave the terminal without line wrapping.
      output.close();
      return io.exit(ExitCode.interrupted);
    }
    output.warn(`${name}: stopping after this step; once more to stop at once`);
    controller.abort(new BayescnnError('interrupted', `${name}: stopped before the end`));
  });
  try {
    return await work(controller.signal);
  } finally {
    remove();
  }
}
