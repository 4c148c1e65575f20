import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { PlannedRun } from '../../config/index.js';
import { BayescnnError, ExitCode } from '../../errors.js';
import { packageRoot } from '../../results/index.js';
import type { Executor, RunOutcome, SweepEvents } from './executor.js';
import type { SweepFolder } from './folder.js';
import { lastLine } from './log.js';

/** What a run needs at its peak: all of CIFAR-10 in the engine's memory and what Node takes. */
const RUN_BYTES = 500 * 2 ** 20;
const TICK = 1000;

export interface LocalOptions {
  /** Worker processes at a time; undefined: one a core, as far as the memory goes. */
  readonly jobs?: number | undefined;
  /** Engine threads of each; undefined: the cores, shared out. */
  readonly threads?: number | undefined;
  /** Further attempts at a run that failed. */
  readonly retries: number;
}

/** Runs tasks in processes of their own on this machine. */
export class LocalExecutor implements Executor {
  readonly jobs: number;
  readonly threads: number;
  readonly description: string;

  constructor(private readonly options: LocalOptions) {
    const cores = os.availableParallelism();
    this.jobs = options.jobs ?? Math.max(1, Math.min(cores, Math.floor(os.freemem() / RUN_BYTES)));
    this.threads = options.threads ?? Math.max(1, Math.floor(cores / this.jobs));
    const each = this.threads === 1 ? '1 thread' : `${this.threads} threads`;
    this.description = `${this.jobs} at a time on this machine, ${each} each`;
  }

  async execute(
    folder: SweepFolder,
    runs: readonly PlannedRun[],
    events: SweepEvents,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, RunOutcome>> {
    const waiting = [...runs];
    const outcomes = new Map<string, RunOutcome>();
    const tick = setInterval(() => events.onTick?.(), TICK);
    const worker = async (): Promise<void> => {
      for (;;) {
        const run = signal?.aborted ? undefined : waiting.shift();
        if (run === undefined) return;
        events.onStart(run.name);
        const outcome = await this.bring(folder, run.name, signal);
        outcomes.set(run.name, outcome);
        events.onEnd(run.name, outcome);
      }
    };
    try {
      await Promise.all(Array.from({ length: this.jobs }, worker));
    } finally {
      clearInterval(tick);
    }
    if (signal?.aborted) throw interrupted(folder);
    return outcomes;
  }

  private async bring(
    folder: SweepFolder,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<RunOutcome> {
    for (let attempts = 1; ; attempts++) {
      const code = await this.attempt(folder, name, signal);
      if (code === ExitCode.ok) return { ended: 'done', attempts };
      if (signal?.aborted) return { ended: 'stopped', attempts };
      // A wrong config stays wrong.
      if (attempts > this.options.retries || code === ExitCode.usage)
        return { ended: 'failed', attempts, reason: `exit ${code}: ${await lastLine(folder.logPath(name))}` };
    }
  }

  /** One process for one run, whose words go to the run's log. @returns its exit code, or the signal that ended it */
  private attempt(
    folder: SweepFolder,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<number | string> {
    const log = openSync(folder.logPath(name), 'a');
    const program = path.join(packageRoot(), 'bin', 'bayescnn.js');
    const args = ['sweep-task', folder.path, name, '--threads', String(this.threads)];
    // A group of its own, so that Ctrl-C reaches it once, through us; the channel tells it when we are gone.
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    return ended(child, signal);
  }
}

function ended(child: ChildProcess, signal: AbortSignal | undefined): Promise<number | string> {
  const stop = (): void => void child.kill('SIGINT');
  signal?.addEventListener('abort', stop, { once: true });
  return new Promise<number | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, name) => resolve(code ?? String(name)));
  }).finally(() => signal?.removeEventListener('abort', stop));
}

function interrupted({ path: folder }: SweepFolder): BayescnnError {
  return new BayescnnError('interrupted', `sweep: stopped on request, its runs so far are in ${folder}`, {
    hint: 'the same command goes on from there',
  });
}
