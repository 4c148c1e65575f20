import type { Command } from '@commander-js/extra-typings';
import type { BenchOptions } from '../../runs/bench/settings.js';
import type { Io } from '../io.js';
import { list, positiveNumber, wholeNumber } from '../options.js';
import type { Output } from '../output.js';
import { whole } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';
import { profileTable, table } from './bench-text.js';

const EXAMPLES = `
Examples:
  bayescnn bench
  bayescnn bench --models cnn,bayes-conv --batches 4,128 --threads 1,2 --json
  bayescnn bench --profile --models bayes-conv --batches 128
`;

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
    .option('--profile', "time each kernel of a step, and compare with this machine's peak")
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action(({ json, quiet, profile, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        if (profile) await profiles(output, { ...options, signal });
        else await rates(output, { ...options, signal });
      }),
    );
}

async function rates(output: Output, options: BenchOptions): Promise<void> {
  const { runBench } = await import('../../runs/bench/rates.js');
  const rows = await runBench(options, ({ model, batch, threads, images_per_second }) =>
    output.note(`${model}, batch ${batch}, threads ${threads}: ${whole(images_per_second.median)} images/s`),
  );
  const { machine } = await import('../machine.js');
  output.result({ machine: machine(), rows }, table(rows));
}

async function profiles(output: Output, options: BenchOptions): Promise<void> {
  const { runProfile } = await import('../../runs/bench/profile.js');
  const rows = await runProfile(options, ({ model, batch, threads }) =>
    output.note(`${model}, batch ${batch}, threads ${threads}: profiled`),
  );
  const { machine } = await import('../machine.js');
  output.result({ machine: machine(), rows }, rows.map(profileTable).join('\n\n'));
}
