import type { Command } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { evaluationOptions, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';
import { describeDerived } from './derived-text.js';

const EXAMPLES = `
The new run holds copies of the members; eval, predict and compare take it like any other.

Examples:
  bayescnn ensemble results/cnn results/cnn-2 results/cnn-3 --name cnn-ensemble
  bayescnn eval results/cnn-ensemble --curve
  bayescnn ensemble results/bayes-all results/bayes-all-2 --samples 30
`;

/** `bayescnn ensemble`. */
export function addEnsemble(program: Command, io: Io): void {
  evaluationOptions(
    subcommand(program, 'ensemble')
      .description('make a run that predicts with the mean of finished runs (a deep ensemble)')
      .argument('<runs...>', 'run folders, of networks with or without posteriors')
      .option('--checkpoint <which>', "each run's checkpoint: best or last", 'best')
      .option('--samples <n>', "posterior samples of each member (default: the first run's)", wholeNumber(1))
      .option('--name <name>', "the new run folder's name (default: ensemble)")
      .option('--out <dir>', 'where run folders go', 'results'),
    'read the images from this archive instead',
  )
    .addHelpText('after', EXAMPLES)
    .action((runs, { json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { makeEnsemble } = await import('../../runs/ensemble.js');
        const summary = await makeEnsemble({
          runs,
          ...options,
          reporter: output,
          dataEvents: output,
          signal,
        });
        output.result(summary, describeDerived(summary));
      }),
    );
}
