import type { Command } from '@commander-js/extra-typings';
import type { GradientReport } from '../../runs/inspect-gradients.js';
import type { GradientStatistics } from '../../train/gradients.js';
import type { Io } from '../io.js';
import { assignment, backendOption, list, sha256, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';
import { overridesOf } from './train.js';

const EXAMPLES = `
Examples:
  bayescnn inspect gradients --config configs/bayes-all.json
  bayescnn inspect gradients --config configs/bayes-conv.json --estimators lrt,flipout --repeats 1000 --json
`;

/** `bayescnn inspect` and what is below it. */
export function addInspect(program: Command, io: Io): void {
  const inspect = subcommand(program, 'inspect')
    .description('look inside a model')
    .addHelpText('after', EXAMPLES);
  addGradients(inspect, io);
}

function addGradients(inspect: Command, io: Io): void {
  subcommand(inspect, 'gradients')
    .description("measure each estimator's gradient noise on one batch, at the config's first weights")
    .requiredOption('--config <file>', 'experiment, JSON')
    .option('--set <path=value>', 'override one setting of the config; may be repeated', assignment)
    .option('--estimators <names>', 'estimators to measure (default: all)', list(String))
    .option('--repeats <n>', 'gradients of each', wholeNumber(2), 100)
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--archive <file>', 'read the images from this archive instead of downloading it')
    .option('--sha256 <hex>', 'the checksum that the archive must have', sha256)
    .option('--subset <n>', 'use the first n training images only', wholeNumber(1))
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action(({ json, quiet, config: file, estimators, repeats, ...flags }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { loadConfig } = await import('../../config/index.js');
        const config = await loadConfig(file, overridesOf(flags));
        const { inspectGradients } = await import('../../runs/inspect-gradients.js');
        const report = await inspectGradients({
          config,
          estimators,
          repeats,
          reporter: output,
          dataEvents: output,
          signal,
        });
        output.result(report, gradientTable(report));
      }),
    );
}

const HEADING = ['estimator', 'layer', 'parameters', 'norm of mean', 'variance'];

/** A line an estimator, layer and kind of parameter; the last line of an estimator adds its variances up. */
export function gradientTable({ batch, repeats, estimators }: Omit<GradientReport, 'engine'>): string {
  const rows = estimators.flatMap(({ estimator, layers }) => {
    const lines = layers.flatMap(({ layer, mu, rho, point }) => [
      ...line(estimator, layer, 'mu', mu),
      ...line(estimator, layer, 'rho', rho),
      ...line(estimator, layer, 'point', point),
    ]);
    const parts = layers.flatMap(({ mu, rho, point }) => [mu, rho, point]);
    const total = parts.reduce((sum, part) => sum + (part?.variance ?? 0), 0);
    return [...lines, [estimator, 'all', '', '', total.toExponential(3)]];
  });
  const widths = HEADING.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const draw = (row: string[]) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  const about = `gradient of the loss on ${batch} images, ${repeats} draws; variance: trace of the covariance`;
  return [about, draw(HEADING), ...rows.map(draw)].join('\n');
}

function line(
  estimator: string,
  layer: string,
  kind: string,
  statistics: GradientStatistics | null,
): string[][] {
  if (statistics === null) return [];
  const { mean_norm, variance } = statistics;
  return [[estimator, layer, kind, mean_norm.toExponential(3), variance.toExponential(3)]];
}
