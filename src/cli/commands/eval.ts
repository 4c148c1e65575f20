import type { Command } from '@commander-js/extra-typings';
import { Option } from '@commander-js/extra-typings';
import type { EvaluationReport } from '../../runs/evaluate.js';
import type { Io } from '../io.js';
import { backendOption, sha256, wholeNumber } from '../options.js';
import { columns, percent, whole } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn eval results/notebook-bayes
  bayescnn eval results/notebook-bayes --checkpoint last --samples 100 --json
  bayescnn eval results/smoke-cnn --split train --subset 500
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
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((run, { json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { runEvaluation } = await import('../../runs/evaluate.js');
        const result = await runEvaluation({ run, ...options, reporter: output, dataEvents: output, signal });
        output.result(result, describe(result));
      }),
    );
}

/** The metrics as text. */
function describe(result: EvaluationReport): string {
  const rows: [string, string][] = [
    ['accuracy', `${percent(result.accuracy)} of ${whole(result.n)} ${result.split} images`],
    ['NLL', result.nll.toFixed(4)],
    ['ECE', result.ece.toFixed(4)],
    ['Brier', result.brier.toFixed(4)],
    ['predictive entropy', `${result.predictive_entropy.toFixed(4)} nats`],
    ['expected entropy', `${result.expected_entropy.toFixed(4)} nats`],
    ['mutual information', `${result.mutual_information.toFixed(4)} nats`],
    ['posterior samples', String(result.samples)],
    ['checkpoint', result.checkpoint],
  ];
  return columns(rows);
}
