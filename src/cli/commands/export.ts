import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import { BayescnnError } from '../../errors.js';
import type { PytorchExportReport } from '../../runs/export-pytorch.js';
import type { TrackerExportReport } from '../../runs/trackers/export.js';
import type { Io } from '../io.js';
import { backendOption, wholeNumber } from '../options.js';
import { columns, printable } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn export results/notebook-bayes --format pytorch
  bayescnn export results/bayes-all --format pytorch --out bayes-all.safetensors
  python docs/pytorch-export.py bayes-all.safetensors
  bayescnn export results/cnn results/bayes-all --format tensorboard
  tensorboard --logdir tensorboard
  bayescnn export results/bayes-all --format mlflow --experiment cifar-10
`;

/** Options that only one format knows. */
const ONLY: Readonly<Record<string, string>> = {
  checkpoint: 'pytorch',
  backend: 'pytorch',
  threads: 'pytorch',
  experiment: 'mlflow',
};

/** `bayescnn export`. */
export function addExport(program: Command, io: Io): void {
  subcommand(program, 'export')
    .description('write runs for another program')
    .argument('<runs...>', 'run folders, e.g. results/notebook-bayes')
    .addOption(
      new Option(
        '--format <name>',
        "pytorch: weights as safetensors under PyTorch's names and layouts; tensorboard: event files; mlflow: its file store",
      )
        .choices(['pytorch', 'tensorboard', 'mlflow'] as const)
        .makeOptionMandatory(),
    )
    .option(
      '--out <path>',
      'pytorch: file to write (default: pytorch.safetensors in the run folder); else the folder (default: tensorboard, mlruns)',
    )
    .option('--experiment <name>', 'mlflow: experiment of the runs (default: bayescnn)')
    .option('--checkpoint <which>', 'pytorch: best, last or a .safetensors file (default: best)')
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((runs, { json, quiet, format, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output }) => {
        requireKnown(format, options);
        if (format !== 'pytorch') {
          const { exportTracked } = await import('../../runs/trackers/export.js');
          const report = await exportTracked({ format, runs, ...options });
          return output.result(report, describeTracked(report));
        }
        const { exportPytorch } = await import('../../runs/export-pytorch.js');
        const { checkpoint = 'best', out, backend, threads } = options;
        const run = onlyRun(runs);
        const report = await exportPytorch({ run, checkpoint, out, backend, threads, reporter: output });
        output.result(report, describe(report));
      }),
    );
}

function requireKnown(format: string, options: Readonly<Record<string, unknown>>): void {
  for (const [option, owner] of Object.entries(ONLY)) {
    if (options[option] === undefined || owner === format) continue;
    throw new BayescnnError(
      'usage',
      `export: --${option} belongs to --format ${owner}, got it with ${format}`,
      {
        hint: `leave --${option} out`,
      },
    );
  }
}

function onlyRun(runs: readonly string[]): string {
  if (runs.length === 1) return runs[0];
  throw new BayescnnError('usage', `export: expected one run for --format pytorch, got ${runs.length}`, {
    hint: 'export them one by one',
  });
}

function describe({ file, check, checkpoint, epoch, tensors }: PytorchExportReport): string {
  return columns([
    ['weights', printable(file)],
    ['images and logits to check with', printable(check)],
    ['from', `${printable(checkpoint)}, epoch ${epoch}`],
    ...Object.entries(tensors).map(([name, shape]): [string, string] => [
      `  ${name}`,
      `[${shape.join(', ')}]`,
    ]),
  ]);
}

function describeTracked({ format, out, runs }: TrackerExportReport): string {
  const shown =
    format === 'tensorboard'
      ? `tensorboard --logdir "${out}"`
      : `MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri "${out}"`;
  return columns([
    ...runs.map(({ run, path }): [string, string] => [printable(run), printable(path)]),
    ['look at them', shown],
  ]);
}
