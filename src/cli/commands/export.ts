import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { PytorchExportReport } from '../../runs/export-pytorch.js';
import type { Io } from '../io.js';
import { backendOption, wholeNumber } from '../options.js';
import { columns, printable } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn export results/notebook-bayes --format pytorch
  bayescnn export results/bayes-all --format pytorch --out bayes-all.safetensors
  python docs/pytorch-export.py bayes-all.safetensors
`;

/** `bayescnn export`. */
export function addExport(program: Command, io: Io): void {
  subcommand(program, 'export')
    .description("write a run's weights for another program")
    .argument('<run>', 'run folder, e.g. results/notebook-bayes')
    .addOption(
      new Option('--format <name>', "pytorch: safetensors under PyTorch's names and layouts")
        .choices(['pytorch'] as const)
        .makeOptionMandatory(),
    )
    .option('--checkpoint <which>', 'best, last or a .safetensors file', 'best')
    .option('--out <file>', 'file to write (default: pytorch.safetensors in the run folder)')
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((run, { json, quiet, format: _, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output }) => {
        const { exportPytorch } = await import('../../runs/export-pytorch.js');
        const report = await exportPytorch({ run, ...options, reporter: output });
        output.result(report, describe(report));
      }),
    );
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
