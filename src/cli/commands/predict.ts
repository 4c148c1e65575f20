import type { Command } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { backendOption, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';
import { describePrediction } from './predict-text.js';

const EXAMPLES = `
Pictures of another size are resized: the largest centred square, by an antialiased triangle filter, to 32 x 32.

Examples:
  bayescnn predict results/bayes-all cat.jpg dog.png
  bayescnn predict results/bayes-all photo.jpg --samples 100 --top 5 --json
`;

/** `bayescnn predict`. */
export function addPredict(program: Command, io: Io): void {
  subcommand(program, 'predict')
    .description('predict the class of pictures, and how sure that is')
    .argument('<run>', 'run folder, e.g. results/notebook-bayes')
    .argument('<images...>', 'PNG and JPEG files')
    .option('--checkpoint <which>', 'best, last or a .safetensors file', 'best')
    .option('--samples <n>', "posterior samples (default: the run's eval.samples)", wholeNumber(1))
    .option('--top <k>', 'classes to show for each picture', wholeNumber(1), 3)
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((run, images, { json, quiet, ...options }) =>
      runCommand(io, { json, quiet }, async ({ output, signal }) => {
        const { runPrediction } = await import('../../runs/predict.js');
        const report = await runPrediction({ run, images, ...options, reporter: output, signal });
        output.result(report, describePrediction(report));
      }),
    );
}
