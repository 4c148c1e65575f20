import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { backendOption, collected, sha256, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';
import { describeEvaluation } from './eval-text.js';

const EXAMPLES = `
Examples:
  bayescnn eval results/notebook-bayes
  bayescnn eval results/notebook-bayes --checkpoint last --samples 100 --json
  bayescnn eval results/smoke-cnn --split train --subset 500
  bayescnn eval results/bayes-all --samples 50 --curve --export predictions
  bayescnn eval results/cnn --temperature fit
  bayescnn eval results/bayes-all --corrupt fog --severity 3 --ood all
  bayescnn eval results/bayes-all --corrupt-files CIFAR-10-C --ood-file test_32x32.mat
`;

/** `bayescnn eval`. */
export function addEval(program: Command, io: Io): void {
  subcommand(program, 'eval')
    .description('evaluate a checkpoint of a run')
    .argument('<run>', 'run folder, e.g. results/notebook-bayes')
    .option('--checkpoint <which>', 'best, last or a .safetensors file', 'best')
    .option('--samples <n>', "posterior samples (default: the run's eval.samples)", wholeNumber(1))
    .addOption(
      new Option('--split <name>', 'images to evaluate on')
        .choices(['test', 'train', 'validation'] as const)
        .default('test' as const),
    )
    .option('--archive <file>', 'read the images from this archive instead')
    .option('--sha256 <hex>', 'the checksum that the archive must have', sha256)
    .option('--subset <n>', 'use the first n images only', wholeNumber(1))
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--curve', 'also report every metric of the first 1, 2, ... samples')
    .option(
      '--corrupt <kinds>',
      'also evaluate corrupted images: kinds of CIFAR-10-C (a,b), all 15, or extra',
    )
    .option('--severity <levels>', 'severities of --corrupt: 0 (clean) to 5 (a,b), or all (default: all)')
    .option('--corrupt-files <dir>', 'read corrupted images from this folder of CIFAR-10-C (npy)')
    .option('--ood <sets>', 'also tell generated images out of distribution apart: sets (a,b), or all')
    .option(
      '--ood-file <file>',
      'also tell these apart: SVHN .mat, CIFAR-100 archive, npy, a folder of pictures; may be repeated',
      collected,
    )
    .option(
      '--temperature <value>',
      "divide logits by a number, or by the best on the validation images: fit (default: the run's)",
    )
    .option('--export <dir>', 'write predictions of each image and sample into a new folder (npy, CSV)')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((run, { json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { runEvaluation } = await import('../../runs/evaluate.js');
        const result = await runEvaluation({ run, ...options, reporter: output, dataEvents: output, signal });
        output.result(result, describeEvaluation(result, output.width));
      }),
    );
}
