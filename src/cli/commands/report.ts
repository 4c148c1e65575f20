import type { Command } from '@commander-js/extra-typings';
import type { ReportResult } from '../../runs/report.js';
import type { Io } from '../io.js';
import { evaluationOptions, groupsOption, wholeNumber } from '../options.js';
import { bytes } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn report results/bayes-all
  bayescnn report results/cnn results/bayes-all --out report.html --png plots
  bayescnn report results/cnn results/bayes-all --evaluate --samples 50

Runs of one config form a group; every group is compared with that of the first run.
`;

/** `bayescnn report`. */
export function addReport(program: Command, io: Io): void {
  evaluationOptions(
    subcommand(program, 'report')
      .description('set runs against each other in one HTML file with plots')
      .argument('<runs...>', 'run folders; the first names the reference')
      .option(
        '--out <file>',
        'the HTML file (default: report.html in the run folder, or beside the first of several)',
      )
      .option('--png <dir>', 'also write each plot as PNG into this new folder')
      .addOption(groupsOption())
      .option('--resamples <n>', 'bootstrap resamples and permutations', wholeNumber(100), 2000)
      .option('--seed <n>', 'seed of the resampling', wholeNumber(0), 0)
      .option(
        '--allow-different-data',
        'set runs on different data or splits against each other all the same',
      )
      .option(
        '--evaluate',
        'also measure what needs the images: other images, posterior samples; kept in the run folders',
      )
      .option(
        '--samples <n>',
        "posterior samples of --evaluate (default: the run's eval.samples)",
        wholeNumber(1),
      )
      .option('--subset <n>', 'of --evaluate: the first N test images only', wholeNumber(1), 2000)
      .option('--no-images', 'leave the images of an evaluation out of the report'),
    'where to evaluate: read the images from this archive',
  )
    .addHelpText('after', EXAMPLES)
    .action((runs, { json, quiet, images, evaluate = false, allowDifferentData = false, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { runReport } = await import('../../runs/report.js');
        const result = await runReport({
          runs,
          ...options,
          allowDifferentData,
          evaluate,
          withoutImages: !images,
          reporter: output,
          dataEvents: output,
          signal,
        });
        output.result(result, describe(result));
      }),
    );
}

function describe({ report, bytes: size, png, verdicts }: ReportResult): string {
  return [
    ...verdicts,
    `report: ${report} (${bytes(size)})`,
    ...(png.length > 0 ? [`plots: ${png.length} PNG files`] : []),
  ].join('\n');
}
