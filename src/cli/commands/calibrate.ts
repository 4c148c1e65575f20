import type { Command } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { evaluationOptions, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';
import { describeDerived } from './derived-text.js';

const EXAMPLES = `
Needs a run with validation images: data.validation, e.g. 5000.

Examples:
  bayescnn calibrate results/cnn
  bayescnn eval results/cnn-temperature
`;

/** `bayescnn calibrate`. */
export function addCalibrate(program: Command, io: Io): void {
  evaluationOptions(
    subcommand(program, 'calibrate')
      .description("fit a run's temperature on its validation images, and make a run of it")
      .argument('<run>', 'run folder, e.g. results/cnn')
      .option('--checkpoint <which>', 'best, last or a .safetensors file', 'best')
      .option('--samples <n>', "posterior samples (default: the run's eval.samples)", wholeNumber(1))
      .option('--name <name>', "the new run folder's name (default: the run's with -temperature)")
      .option('--out <dir>', 'where run folders go', 'results'),
    'read the images from this archive instead',
  )
    .addHelpText('after', EXAMPLES)
    .action((run, { json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { calibrateRun } = await import('../../runs/calibrate.js');
        const summary = await calibrateRun({ run, ...options, reporter: output, dataEvents: output, signal });
        output.result(summary, describeDerived(summary));
      }),
    );
}
