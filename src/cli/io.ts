import type { Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** All that the command line touches of its process; tests pass their own. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** No bars, no colours, no drawings: for screen readers (`--plain`). */
  plain?: boolean;
  /** Calls `handle` for every SIGINT and SIGTERM; returns how to stop that. */
  onSignal(handle: (name: string) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The real process. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) keepRunningWithoutReader(stream);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onSignal(handle) {
      // A sweep's process that is gone can no longer ask its runs to stop; they see its channel close.
      const orphaned = (): void => handle('the process that started this one ended');
      for (const name of SIGNALS) process.on(name, handle);
      process.on('disconnect', orphaned);
      return () => {
        for (const name of SIGNALS) process.off(name, handle);
        process.off('disconnect', orphaned);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** A reader that goes away (`bayescnn train | head`) must not end a run that writes its results to disk. */
function keepRunningWithoutReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
