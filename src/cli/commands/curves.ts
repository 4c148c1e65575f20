import type { Command } from '@commander-js/extra-typings';
import { BayescnnError } from '../../errors.js';
import type { MetricsRow } from '../../train/row.js';
import type { Io } from '../io.js';
import { list } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn curves results/bayes-all
  bayescnn curves results/cnn results/bayes-all --columns test_accuracy,train_loss
  bayescnn curves results/bayes-all --plain
`;

/** `bayescnn curves`. */
export function addCurves(program: Command, io: Io): void {
  subcommand(program, 'curves')
    .description('draw metrics over the epochs in the terminal, of running and finished runs')
    .argument('<runs...>', 'run folders, e.g. results/bayes-all')
    .option(
      '--columns <names>',
      'columns of metrics.csv (default: test_accuracy, test_nll, ece, predictive_entropy)',
      list(String),
    )
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .addHelpText('after', EXAMPLES)
    .action((folders, { columns, json }) =>
      runCommand(io, { json }, async ({ output }) => {
        const { METRICS_COLUMNS, openRun } = await import('../../results/index.js');
        const { didYouMean } = await import('../../nearest.js');
        const { curvesText, rowsOf, USUAL_COLUMNS } = await import('./curves-text.js');
        for (const column of columns ?? []) {
          if ((METRICS_COLUMNS as string[]).includes(column)) continue;
          throw new BayescnnError(
            'usage',
            `--columns: expected columns of metrics.csv, got "${column}"${didYouMean(column, METRICS_COLUMNS)}`,
            { hint: `some of ${METRICS_COLUMNS.join(', ')}` },
          );
        }
        const runs = [];
        for (const folder of folders) runs.push(await rowsOf(await openRun(folder)));
        const chosen = (columns ?? USUAL_COLUMNS) as readonly (keyof MetricsRow)[];
        output.drawing({ runs }, curvesText(io, runs, chosen));
      }),
    );
}
