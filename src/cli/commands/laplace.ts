import type { Command } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { evaluationOptions, positiveNumber, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';
import { describeDerived } from './derived-text.js';

const EXAMPLES = `
For a CNN without posteriors: the network before its last layer stays as it is.

Examples:
  bayescnn laplace results/cnn
  bayescnn laplace results/cnn --prior-precision 10 --samples 50
  bayescnn eval results/cnn-laplace --curve
`;

/** `bayescnn laplace`. */
export function addLaplace(program: Command, io: Io): void {
  evaluationOptions(
    subcommand(program, 'laplace')
      .description("give a CNN's last layer its Laplace posterior, and make a run of it")
      .argument('<run>', 'run folder, e.g. results/cnn')
      .option('--checkpoint <which>', 'best, last or a .safetensors file', 'best')
      .option('--samples <n>', "posterior samples (default: the run's eval.samples)", wholeNumber(1))
      .option(
        '--prior-precision <value>',
        "1 / variance of the layer's prior (default: that of the highest marginal likelihood)",
        positiveNumber,
      )
      .option('--name <name>', "the new run folder's name (default: the run's with -laplace)")
      .option('--out <dir>', 'where run folders go', 'results'),
    'read the images from this archive instead',
  )
    .addHelpText('after', EXAMPLES)
    .action((run, { json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { makeLaplace } = await import('../../runs/laplace.js');
        const summary = await makeLaplace({ run, ...options, reporter: output, dataEvents: output, signal });
        output.result(summary, describeDerived(summary));
      }),
    );
}
