import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { SweepReport } from '../../runs/sweep/sweep.js';
import type { Io } from '../io.js';
import { assignment, sha256, wholeNumber } from '../options.js';
import { isTerminal } from '../output-style.js';
import { runCommand, subcommand } from '../run-command.js';
import { overridesOf } from './train.js';

const EXAMPLES = `
Examples:
  bayescnn sweep --config configs/sweeps/quickstart.json --dry-run
  bayescnn sweep --config configs/sweeps/lenet.json --jobs 2
  bayescnn sweep --config configs/sweeps/lenet.json --executor slurm --slurm=--partition=short --slurm=--time=1:00:00
  bayescnn sweep --config configs/sweeps/lenet.json --print-commands

The same command again goes on: runs that have ended are recognised by what they compute, others take up their last
checkpoint.
`;

const collect = (text: string, before: string[] = []): string[] => [...before, text];

/** `bayescnn sweep`. */
export function addSweep(program: Command, io: Io): void {
  subcommand(program, 'sweep')
    .description('train many runs of one config with settings varied, here or through Slurm')
    .requiredOption('--config <file>', 'sweep to run, JSON')
    .option('--set <path=value>', 'override one setting of all runs; may be repeated', assignment)
    .option('--name <name>', "the sweep folder's name (default: the sweep's)")
    .option('--out <dir>', 'where sweep folders go', 'results')
    .option('--archive <file>', 'read the images from this archive instead of downloading it')
    .option('--sha256 <hex>', 'the checksum that the archive must have', sha256)
    .option('--subset <n>', 'train and test on the first n images only', wholeNumber(1))
    .addOption(
      new Option('--executor <name>', 'where runs are trained')
        .choices(['local', 'slurm'] as const)
        .default('local' as const),
    )
    .option('--jobs <n>', 'runs at a time (default: one a core; Slurm: as many as it gives)', wholeNumber(1))
    .option(
      '--threads <n>',
      'engine threads of a run (default: the cores, shared out; Slurm: 1)',
      wholeNumber(1),
    )
    .option('--retries <n>', 'further attempts at a run that failed', wholeNumber(0), 1)
    .option('--slurm <option>', 'an option for sbatch, e.g. --slurm=--time=1:00:00; may be repeated', collect)
    .option(
      '--grace <seconds>',
      'Slurm: seconds before the time limit to save and requeue',
      wholeNumber(1),
      120,
    )
    .option('--poll <seconds>', 'Slurm: seconds between two looks at the queue', wholeNumber(1), 5)
    .option('--dry-run', 'show the plan and what it takes, and train nothing')
    .option('--print-commands', 'write the plan and print one shell command a run, for any other scheduler')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((options) =>
      runCommand(io, options, async ({ output, signal }) => {
        const { loadSweep } = await import('../../config/index.js');
        const { default: path } = await import('node:path');
        const sweep = await loadSweep(options.config);
        const { name, ...flags } = options;
        const request = {
          sweep,
          folder: path.join(options.out, name ?? sweep.name),
          set: overridesOf({ ...flags, name: undefined, threads: undefined }),
        };
        if (options.dryRun || options.printCommands) {
          const { planSweep, planText, commandLines } = await import('./sweep-plan.js');
          const plan = await planSweep(request, options.printCommands === true);
          output.result(plan, options.printCommands ? commandLines(plan) : planText(plan, options.jobs));
          return;
        }
        const { SweepFolder } = await import('../../runs/sweep/folder.js');
        const { SweepLive } = await import('./sweep-live.js');
        const { runSweep } = await import('../../runs/sweep/sweep.js');
        const terminal = !options.quiet && isTerminal(io, io.stderr) ? io.stderr : undefined;
        const live = new SweepLive(await SweepFolder.open(request.folder), output, terminal);
        try {
          const executor = await executorOf(options);
          output.note(`sweep ${request.folder}: ${executor.description}`);
          const report = await runSweep({ ...request, executor, events: live, signal });
          live.close();
          output.result(report, await describe(report, output.width));
          if (report.failed > 0) throw await failed(report);
        } finally {
          live.close();
        }
      }),
    );
}

async function executorOf(options: {
  executor: 'local' | 'slurm';
  jobs?: number | undefined;
  threads?: number | undefined;
  retries: number;
  slurm?: string[] | undefined;
  grace: number;
  poll: number;
}) {
  const { executor, jobs, threads, retries, slurm = [], grace, poll } = options;
  if (executor === 'slurm') {
    const { SlurmExecutor } = await import('../../runs/sweep/slurm.js');
    return new SlurmExecutor({ jobs, threads: threads ?? 1, retries, sbatch: slurm, grace, poll });
  }
  const { LocalExecutor } = await import('../../runs/sweep/local.js');
  return new LocalExecutor({ jobs, threads, retries });
}

async function describe(report: SweepReport, width: number | undefined): Promise<string> {
  const { sweepTable, textTable } = await import('../../report/index.js');
  const { runs, failed, reused, sweep } = report;
  const ended = runs.filter(({ result }) => result !== null).length;
  const counts = `${ended} of ${runs.length} runs ended${reused > 0 ? `, ${reused} of them before` : ''}${failed > 0 ? `, ${failed} failed` : ''}`;
  const order =
    report.points[0]?.metrics.validation_nll.mean == null ? '' : '; the lowest validation NLL first';
  return [
    textTable(sweepTable(report.points), width),
    '',
    `mean ± standard deviation over the seeds of a point${order}`,
    `${counts}: ${sweep}`,
    `for tests of differences: bayescnn compare ${sweep}/runs/*`,
  ].join('\n');
}

async function failed({ runs, sweep }: SweepReport): Promise<Error> {
  const { BayescnnError } = await import('../../errors.js');
  const bad = runs.filter(({ ended }) => ended === 'failed');
  const [first] = bad;
  return new BayescnnError(
    'failure',
    `sweep: expected every run to end, got ${bad.length} that failed, the first ${first.name}: ${first.reason}`,
    { hint: `read ${sweep}/logs; the same command tries them again` },
  );
}
