import type { Command } from '@commander-js/extra-typings';
import type { BenchRow } from '../../runs/bench.js';
import type { Io } from '../io.js';
import { list, positiveNumber, wholeNumber } from '../options.js';
import { whole } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn bench
  bayescnn bench --models cnn,bayes-conv --batches 4,128 --threads 1,2 --json
`;

/** What the table shows of a row. */
type Row = Pick<BenchRow, 'model' | 'batch' | 'threads' | 'images_per_second' | 'repetitions'>;

/** `bayescnn bench`. */
export function addBench(program: Command, io: Io): void {
  subcommand(program, 'bench')
    .description('measure training images/s')
    .option('--models <names>', 'models to measure', list(String))
    .option('--batches <sizes>', 'batch sizes', list(wholeNumber(1)))
    .option('--threads <counts>', 'engine threads', list(wholeNumber(1)))
    .option('--repetitions <n>', 'measurements of each; the median counts', wholeNumber(1))
    .option('--seconds <n>', 'length of a measurement', positiveNumber)
    .option('--relaxed', 'also use relaxed SIMD: faster, not bit-identical between machines')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action(({ json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { runBench } = await import('../../runs/bench.js');
        const rows = await runBench({ ...options, signal }, ({ model, batch, threads, images_per_second }) =>
          output.note(
            `${model}, batch ${batch}, threads ${threads}: ${whole(images_per_second.median)} images/s`,
          ),
        );
        const { machine } = await import('../machine.js');
        output.result({ machine: machine(), rows }, table(rows));
      }),
    );
}

/** The rows under a heading, numbers to the right. */
export function table(rows: readonly Row[]): string {
  const heading = ['model', 'batch', 'threads', 'images/s', 'lowest', 'highest', 'runs'];
  const cells = rows.map(({ model, batch, threads, images_per_second: rate, repetitions }) => [
    model,
    ...[batch, threads, rate.median, rate.min, rate.max, repetitions].map(whole),
  ]);
  const widths = heading.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i].length)));
  const draw = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return [heading, ...cells].map(draw).join('\n');
}
