import { type Command, Option } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { list, positiveNumber, sha256, wholeNumber } from '../options.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn bench
  bayescnn bench --models cnn,bayes-conv --batches 4,128 --threads 1,2 --json
  bayescnn bench --backend webgpu
  bayescnn bench --profile --models bayes-conv --batches 128
  bayescnn bench --vs-pytorch venv/bin/python --out versus.json
  bayescnn bench --backend webgpu --vs-pytorch venv/bin/python --device cuda
  bayescnn bench --notebook --vs-pytorch venv/bin/python --data cifar-10-batches-bin
`;

/** `bayescnn bench`. */
export function addBench(program: Command, io: Io): void {
  subcommand(program, 'bench')
    .description('measure training images/s')
    .option('--models <names>', 'models to measure', list(String))
    .option('--batches <sizes>', 'batch sizes', list(wholeNumber(1)))
    .addOption(
      new Option('--backend <name>', 'engine to measure; default: simd')
        .choices(['simd', 'tensorflow', 'webgpu', 'cpu'] as const)
        .conflicts(['profile', 'notebook']),
    )
    .option('--threads <counts>', 'engine threads', list(wholeNumber(1)))
    .option('--repetitions <n>', 'measurements of each; the median counts', wholeNumber(1))
    .option('--seconds <n>', 'length of a measurement', positiveNumber)
    .option('--relaxed', 'also use relaxed SIMD: faster, not bit-identical between machines')
    .option('--data <dir>', "images of CIFAR-10's binary files in place of noise")
    .option('--profile', "time each kernel of a step, and compare with this machine's peak")
    .addOption(
      new Option('--vs-pytorch <python>', 'measure PyTorch in turn, run by this Python').conflicts('profile'),
    )
    .addOption(
      new Option('--device <name>', 'where PyTorch computes; default: cpu')
        .choices(['cpu', 'cuda'] as const)
        .conflicts(['profile', 'notebook']),
    )
    .option('--peer <file>', "the peer's script (default: the package's bench/peer.py)")
    .addOption(
      new Option('--notebook', 'time the notebook as a whole process').conflicts([
        'profile',
        'models',
        'batches',
        'seconds',
        'relaxed',
      ]),
    )
    .option('--archive <file>', '--notebook: read the images from this archive')
    .option('--sha256 <hex>', '--notebook: the checksum that the archive must have', sha256)
    .option('--out <file>', 'also write the result to this file, as JSON')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((options) =>
      runCommand(io, options, async (context) => {
        const { bench } = await import('./bench-run.js');
        await bench(options, context);
      }),
    );
}
