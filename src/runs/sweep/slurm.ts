import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PlannedRun } from '../../config/index.js';
import { BayescnnError } from '../../errors.js';
import { packageRoot, writeAtomic } from '../../results/index.js';
import type { Executor, RunOutcome, SweepEvents } from './executor.js';
import type { SweepFolder } from './folder.js';
import { lastLine } from './log.js';
import { SweepResults } from './results.js';
import { quoted } from './shell.js';

const run = promisify(execFile);

/** Slurm's default MaxArraySize is 1001, which allows indices up to 1000. */
const ARRAY_SIZE = 1000;
/** Start of the names of files that say what was given to Slurm: the job's number follows. */
const RECORD = 'slurm-';
/** States of squeue in which a task still may train. */
const ALIVE =
  /^(PENDING|RUNNING|CONFIGURING|COMPLETING|REQUEUED?|REQUEUE_HOLD|RESIZING|SUSPENDED|STAGE_OUT|SIGNALING|STOPPED)/;

export interface SlurmOptions {
  /** Tasks at a time; undefined: as many as Slurm gives. */
  readonly jobs?: number | undefined;
  /** Cores and engine threads of each task. */
  readonly threads: number;
  readonly retries: number;
  /** More options of sbatch, e.g. `--partition=short`, `--time=1:00:00`. */
  readonly sbatch: readonly string[];
  /** Seconds before the time limit at which Slurm asks a task to save and stop. */
  readonly grace: number;
  /** Seconds between two looks. */
  readonly poll: number;
}

/** Runs tasks as Slurm job arrays; the sweep's folder must be on a file system that the nodes share. */
export class SlurmExecutor implements Executor {
  readonly description: string;

  constructor(private readonly options: SlurmOptions) {
    const { jobs, threads } = options;
    this.description = `Slurm, ${jobs === undefined ? '' : `${jobs} at a time, `}${threads} CPUs each`;
  }

  async execute(
    folder: SweepFolder,
    runs: readonly PlannedRun[],
    events: SweepEvents,
    signal: AbortSignal | undefined,
  ): Promise<Map<string, RunOutcome>> {
    const outcomes = new Map<string, RunOutcome>();
    let left = [...runs];
    let queued = await earlierTasks(folder, events);
    for (let attempts = 1; left.length > 0; attempts++) {
      const waiting = new Set(queued.values());
      const fresh = left.filter(({ name }) => !waiting.has(name));
      const arrays = new Map([...queued, ...(await this.submit(folder, fresh, events))]);
      queued = new Map();
      const ended = await this.follow(folder, left, arrays, { events, signal, attempts });
      for (const [name, outcome] of ended) outcomes.set(name, outcome);
      left = left.filter(({ name }) => ended.get(name)?.ended !== 'done');
      if (attempts > this.options.retries) break;
    }
    return outcomes;
  }

  /** @returns names of runs by `JOB_INDEX` */
  private async submit(
    folder: SweepFolder,
    runs: readonly PlannedRun[],
    events: SweepEvents,
  ): Promise<Map<string, string>> {
    const tasks = new Map<string, string>();
    for (let first = 0; first < runs.length; first += ARRAY_SIZE) {
      const part = runs.slice(first, first + ARRAY_SIZE).map(({ name }) => name);
      const stamp = `${Date.now()}-${first}`;
      const list = folder.file('locks', `tasks-${stamp}.json`);
      const script = folder.file('locks', `job-${stamp}.sh`);
      await writeAtomic(list, JSON.stringify(part));
      await writeAtomic(script, this.script(folder, list, part.length));
      const job = await sbatch(script);
      await writeAtomic(
        folder.file('locks', `${RECORD}${job}.json`),
        JSON.stringify({ script, names: part }),
      );
      for (const [index, name] of part.entries()) tasks.set(`${job}_${index}`, name);
      events.note(`Slurm job ${job}: ${part.length} tasks; \`scancel ${job}\` ends it`);
    }
    return tasks;
  }

  private script(folder: SweepFolder, list: string, count: number): string {
    const { jobs, threads, grace, sbatch: more } = this.options;
    const program = path.join(packageRoot(), 'bin', 'bayescnn.js');
    const directives = [
      `--job-name=${path.basename(folder.path)}`,
      `--array=0-${count - 1}${jobs === undefined ? '' : `%${jobs}`}`,
      `--cpus-per-task=${threads}`,
      `--output=${folder.file('logs', 'slurm-%A_%a.log')}`,
      // The batch shell alone, which is the task itself by then: it saves, stops and asks to be queued again.
      `--signal=B:TERM@${grace}`,
      '--requeue',
      '--open-mode=append',
      ...more,
    ];
    const words = [
      process.execPath,
      program,
      'sweep-task',
      folder.path,
      '--tasks',
      list,
      '--threads',
      String(threads),
    ];
    return [
      '#!/bin/sh',
      ...directives.map((directive) => `#SBATCH ${directive}`),
      `exec ${words.map(quoted).join(' ')} --index "$SLURM_ARRAY_TASK_ID" --requeue`,
      '',
    ].join('\n');
  }

  /** Looks at the queue and the run folders until no task is left in the queue. */
  private async follow(
    folder: SweepFolder,
    runs: readonly PlannedRun[],
    tasks: ReadonlyMap<string, string>,
    { events, signal, attempts }: { events: SweepEvents; signal: AbortSignal | undefined; attempts: number },
  ): Promise<Map<string, RunOutcome>> {
    const results = await SweepResults.open(folder);
    const started = new Set<string>();
    const ended = new Map<string, RunOutcome>();
    const end = (name: string, outcome: RunOutcome): void => {
      ended.set(name, outcome);
      events.onEnd(name, outcome);
    };
    while (ended.size < runs.length) {
      const queued = await queuedTasks(tasks);
      await results.gather(runs);
      for (const { name, hash } of runs) {
        if (ended.has(name)) continue;
        const state = queued.get(name);
        if (state?.startsWith('RUNNING') && !started.has(name)) {
          started.add(name);
          events.onStart(name);
        }
        if (results.get(hash) !== undefined) end(name, { ended: 'done', attempts });
        else if (state === undefined) end(name, await this.failure(folder, tasks, name, attempts));
      }
      events.onTick?.();
      if (ended.size < runs.length) await this.pause(folder, tasks, signal);
    }
    return ended;
  }

  private async pause(
    folder: SweepFolder,
    tasks: ReadonlyMap<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    await sleep(this.options.poll * 1000, undefined, { signal }).catch(() => undefined);
    if (!signal?.aborted) return;
    const jobs = [...new Set([...tasks.keys()].map((task) => task.split('_')[0]))].join(' ');
    throw new BayescnnError('interrupted', `sweep: no longer following Slurm jobs ${jobs}, which go on`, {
      hint: `\`scancel ${jobs}\` ends them; the same command takes up what is left, its results are in ${folder.path}`,
    });
  }

  /** Why a task that left the queue has no result: what accounting knows, and its log. */
  private async failure(
    folder: SweepFolder,
    tasks: ReadonlyMap<string, string>,
    name: string,
    attempts: number,
  ): Promise<RunOutcome> {
    const task = [...tasks].find(([, run]) => run === name)?.[0] ?? '';
    const log = await lastLine(folder.file('logs', `slurm-${task}.log`));
    return { ended: 'failed', attempts, reason: `${await stateOf(task)}: ${log}` };
  }
}

/**
 * Tasks of earlier calls that are still in the queue, whose sweep was stopped or killed: names of runs by `JOB_INDEX`.
 * Records of jobs that have ended are removed.
 */
async function earlierTasks(folder: SweepFolder, events: SweepEvents): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of (await readdir(folder.file('locks'))).filter((name) => name.startsWith(RECORD))) {
    const record = folder.file('locks', file);
    const { script, names } = JSON.parse(await readFile(record, 'utf8')) as {
      script: string;
      names: string[];
    };
    const job = file.slice(RECORD.length, -'.json'.length);
    const before = found.size;
    for (const { task, command } of await queueOf(job)) {
      // A number comes again when Slurm's state is lost: by then it is somebody else's job.
      const name = names[Number(task.slice(job.length + 1))];
      if (command === script && name !== undefined) found.set(task, name);
    }
    if (found.size === before) await rm(record);
    else events.note(`Slurm job ${job} of an earlier call is still in the queue: its tasks are followed`);
  }
  return found;
}

async function sbatch(script: string): Promise<string> {
  try {
    const { stdout } = await run('sbatch', ['--parsable', script]);
    return stdout.trim().split(';')[0];
  } catch (cause) {
    const got = (cause as { stderr?: string }).stderr?.trim() || (cause as Error).message;
    throw new BayescnnError('failure', `sbatch: expected Slurm to take the job, got ${got}`, {
      hint: `read ${script}; give other options with --slurm, or use --print-commands for another scheduler`,
      cause,
    });
  }
}

/** States of the tasks that are in the queue, by run. */
async function queuedTasks(tasks: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const jobs = [...new Set([...tasks.keys()].map((task) => task.split('_')[0]))];
  const states = new Map<string, string>();
  for (const job of jobs) {
    for (const { task, state } of await queueOf(job)) {
      const name = tasks.get(task);
      if (name !== undefined) states.set(name, state);
    }
  }
  return states;
}

/**
 * The tasks of a job that may still train: `JOB_INDEX`, state, and the script. One call a job: squeue forgets a job soon
 * after its end, and then fails for a whole list of them.
 */
async function queueOf(job: string): Promise<{ task: string; state: string; command: string }[]> {
  const text = await run('squeue', ['--noheader', '--array', '--jobs', job, '--format', '%F_%K %T %o'], {
    maxBuffer: 64 * 2 ** 20,
  }).then(
    ({ stdout }) => stdout,
    (cause: { stderr?: string; message: string }) => {
      if (/invalid job id/i.test(cause.stderr ?? '')) return '';
      throw new BayescnnError(
        'failure',
        `squeue: expected the state of job ${job}, got ${cause.stderr || cause.message}`,
        {
          hint: 'the jobs go on; the same command follows what is left',
          cause,
        },
      );
    },
  );
  return text.split('\n').flatMap((line) => {
    const [, task, state, command] = /^\s*(\S+)\s+(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
    return state !== undefined && ALIVE.test(state) ? [{ task, state, command }] : [];
  });
}

/** What accounting (or the controller's own memory) says of a task that ended. */
async function stateOf(task: string): Promise<string> {
  const accounting = await run('sacct', ['-n', '-X', '-P', '-j', task, '-o', 'State,ExitCode']).catch(
    () => undefined,
  );
  const told = accounting?.stdout.trim().split('\n')[0];
  if (told) return told.replace('|', ' ');
  const shown = await run('scontrol', ['show', 'job', task]).catch(() => undefined);
  const state = /JobState=(\S+).*?ExitCode=(\S+)/s.exec(shown?.stdout ?? '');
  return state === null ? 'ended without a result' : `${state[1]} ${state[2]}`;
}

/** Puts the running Slurm task back into the queue, from inside it. @throws BayescnnError 'failure' */
export async function requeueSelf(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { SLURM_ARRAY_JOB_ID, SLURM_ARRAY_TASK_ID, SLURM_JOB_ID } = env;
  const job = SLURM_ARRAY_JOB_ID ? `${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}` : SLURM_JOB_ID;
  if (!job) return;
  await run('scontrol', ['requeue', job]).catch((cause) => {
    throw new BayescnnError(
      'failure',
      `scontrol requeue ${job}: expected the job back in the queue, got ${cause.message}`,
      {
        hint: 'run the sweep again: it takes up what is left',
        cause,
      },
    );
  });
}
