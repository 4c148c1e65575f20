import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { ComparisonReport } from '../../report/index.js';
import type { Io } from '../io.js';
import { backendOption, groupsOption, sha256, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn compare results/cnn results/bayes-all
  bayescnn compare results/cnn results/cnn-1 results/cnn-2 results/bayes-all results/bayes-all-1 results/bayes-all-2
  bayescnn compare results/cnn results/bayes-all --markdown > comparison.md

Runs of one config form a group; every group is compared with that of the first run.
`;

/** `bayescnn compare`. */
export function addCompare(program: Command, io: Io): void {
  subcommand(program, 'compare')
    .description('compare runs on the same test images: differences, intervals, tests, verdicts')
    .argument('<runs...>', 'run folders; the first names the reference')
    .addOption(groupsOption())
    .option('--resamples <n>', 'bootstrap resamples and permutations', wholeNumber(100), 2000)
    .option('--seed <n>', 'seed of the resampling', wholeNumber(0), 0)
    .option('--allow-different-data', 'compare runs on different data or splits all the same')
    .option('--samples <n>', 'evaluate again with this many posterior samples', wholeNumber(1))
    .option('--archive <file>', 'where to evaluate again: read the images from this archive')
    .option('--sha256 <hex>', 'the checksum that the archive must have', sha256)
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .addOption(
      new Option('--json', 'print one JSON document on stdout, all else on stderr').conflicts([
        'markdown',
        'csv',
      ]),
    )
    .addOption(new Option('--markdown', 'print Markdown').conflicts('csv'))
    .option('--csv', 'print one row a group and metric')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((runs, { json, quiet, markdown, csv, allowDifferentData = false, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { runComparison } = await import('../../runs/compare.js');
        const request = {
          runs,
          ...options,
          allowDifferentData,
          reporter: output,
          dataEvents: output,
          signal,
        };
        const report = await runComparison(request);
        output.result(report, await asText(report, { markdown, csv }, output.width));
      }),
    );
}

async function asText(
  report: ComparisonReport,
  form: { markdown: true | undefined; csv: true | undefined },
  width: number | undefined,
): Promise<string> {
  const { comparisonMarkdown, comparisonRows, comparisonText, CSV_COLUMNS } = await import(
    '../../report/index.js'
  );
  if (form.markdown) return comparisonMarkdown(report);
  if (!form.csv) return comparisonText(report, width);
  const { csv } = await import('../../results/index.js');
  return csv(CSV_COLUMNS, comparisonRows(report)).trimEnd();
}
