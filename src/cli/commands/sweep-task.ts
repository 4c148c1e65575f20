import { readFile } from 'node:fs/promises';
import type { Command } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { runCommand } from '../run-command.js';

/** `bayescnn sweep-task`: what a sweep starts for each of its runs, here or on a node. Not for people, so it is hidden. */
export function addSweepTask(program: Command, io: Io): void {
  program
    .command('sweep-task', { hidden: true })
    .argument('<sweep>', 'the folder of a sweep')
    .argument('[name]', 'a run of its plan; this or --tasks with --index')
    .option('--tasks <file>', 'JSON list of names')
    .option('--index <n>', 'place in the list', wholeNumber(0))
    .option('--threads <n>', "engine threads (default: the config's)", wholeNumber(1))
    .option('--requeue', 'when stopped, ask Slurm to run it again')
    .action((sweep, name, options) =>
      runCommand(io, {}, async ({ output, signal }) => {
        const { runTask } = await import('../../runs/sweep/task.js');
        const own = name ?? (await nameOf(options.tasks, options.index));
        const { threads } = options;
        try {
          await runTask({ sweep, name: own, threads, reporter: output, dataEvents: output, signal });
        } finally {
          if (signal.aborted && options.requeue) {
            const { requeueSelf } = await import('../../runs/sweep/slurm.js');
            await requeueSelf(io.env);
          }
        }
      }),
    );
}

async function nameOf(file: string | undefined, index: number | undefined): Promise<string> {
  const { BayescnnError } = await import('../../errors.js');
  const names = file === undefined ? [] : (JSON.parse(await readFile(file, 'utf8')) as string[]);
  const name = index === undefined ? undefined : names[index];
  if (name !== undefined) return name;
  throw new BayescnnError('usage', 'sweep-task: expected a run, got none', {
    hint: 'name a run of plan.jsonl; `bayescnn sweep` does this by itself',
  });
}
