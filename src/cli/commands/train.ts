import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import type { Config } from '../../config/index.js';
import type { Summary } from '../../runs/train.js';
import type { PosteriorRow } from '../../train/posterior-row.js';
import type { Io } from '../io.js';
import { assignment, backendOption, sha256, wholeNumber } from '../options.js';
import { columns, duration, percent, whole } from '../output-format.js';
import { type CommandContext, runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn train --config configs/quickstart.json
  bayescnn train --config configs/notebook-bayes.json --name my-run
  bayescnn train --config configs/bayes-all.json --set train.epochs=5 --set model.prior.sigma=0.2
  bayescnn train --resume results/bayes-all --threads 1
  bayescnn train --resume results/bayes-all --backend cpu
  bayescnn train --config configs/smoke-cnn.json --archive cifar.tar.gz --sha256 <hex>
`;

interface Flags {
  set?: string[];
  name?: string;
  backend?: Config['backend']['kind'];
  threads?: number;
  archive?: string;
  sha256?: string;
  subset?: number;
}

/**
 * The config overrides of a command line, `--set` first: a flag of its own wins.
 * Values are JSON, so that a text of digits stays a text.
 */
export function overridesOf(flags: Flags): string[] {
  const values: [string, unknown][] = [
    ['name', flags.name],
    ['backend.kind', flags.backend],
    ['backend.threads', flags.threads],
    // The run folder keeps the config, and may be used from another directory.
    ['data.archive', flags.archive === undefined ? undefined : path.resolve(flags.archive)],
    ['data.sha256', flags.sha256],
    ['data.subset', flags.subset],
  ];
  const given = values.filter(([, value]) => value !== undefined);
  return [...(flags.set ?? []), ...given.map(([key, value]) => `${key}=${JSON.stringify(value)}`)];
}

/** The config of a new run, or the run to go on with. */
async function experimentOf(
  options: Flags & { config?: string; resume?: string },
  { output, signal }: CommandContext,
) {
  const { threads, backend, ...others } = options;
  const { BayescnnError } = await import('../../errors.js');
  if (options.resume !== undefined) {
    if (options.config !== undefined || overridesOf(others).length > 0) {
      throw new BayescnnError(
        'usage',
        'train: --resume takes the config of its run, got other settings beside it',
        {
          hint: 'use --resume with --backend, --threads and --tensorboard at most, or start a new run with --config',
        },
      );
    }
    const { openResumable } = await import('../../runs/resume.js');
    const onWait = (message: string) => output.note(message);
    const resume = await openResumable(options.resume, { onWait, signal });
    return { config: onEngine(resume.config, backend, threads), resume };
  }
  if (options.config === undefined) {
    throw new BayescnnError('usage', 'train: expected --config FILE or --resume RUN, got neither', {
      hint: 'bayescnn train --config configs/quickstart.json',
    });
  }
  const { loadConfig } = await import('../../config/index.js');
  return { config: await loadConfig(options.config, overridesOf(options)), resume: undefined };
}

/** A resumed run may go on on another engine, or with another number of threads: neither is another experiment. */
function onEngine(config: Config, kind: Flags['backend'], threads: number | undefined): Config {
  const { backend } = config;
  return {
    ...config,
    backend: { ...backend, kind: kind ?? backend.kind, threads: threads ?? backend.threads },
  };
}

/** `bayescnn train`. */
export function addTrain(program: Command, io: Io): void {
  subcommand(program, 'train')
    .description('train a model and keep its results in a run folder')
    .option('--config <file>', 'experiment to run, JSON')
    .option('--resume <run>', 'go on with a run that stopped, from its last checkpoint')
    .option('--set <path=value>', 'override one setting of the config; may be repeated', assignment)
    .option('--name <name>', "the run folder's name (default: the config's)")
    .option('--out <dir>', 'where run folders go', 'results')
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--archive <file>', 'read the images from this archive instead of downloading it')
    .option('--sha256 <hex>', 'the checksum that the archive must have', sha256)
    .option('--subset <n>', 'train and test on the first n images only', wholeNumber(1))
    .option('--tensorboard <dir>', 'also write event files for TensorBoard, after each epoch')
    .option('--chart', 'draw the metrics over the epochs at the end')
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((options) =>
      runCommand(io, options, async (context) => {
        const { output, signal } = context;
        const { config, resume } = await experimentOf(options, context);
        // Before the rest of the program is loaded: it goes on meanwhile.
        const { beginSetUp } = await import('../../runs/begin.js');
        const begun = beginSetUp(config, signal);
        const { runTraining } = await import('../../runs/train.js');
        const summary = await runTraining({
          config,
          resume,
          outDir: options.out,
          tensorboard: options.tensorboard,
          reporter: output,
          dataEvents: output,
          signal,
          begun,
        });
        output.drawing(summary, await ending(io, output, summary, options));
      }),
    );
}

/** The end of a run as text: its outcome, its twin where there is one, and its curves where they are asked for. */
async function ending(
  io: Io,
  output: CommandContext['output'],
  summary: Summary,
  { chart, quiet }: { chart?: true | undefined; quiet?: true | undefined },
): Promise<string> {
  const texts = [output.fitted(describe(summary))];
  const { openRun } = await import('../../results/index.js');
  const run = await openRun(summary.run);
  const { findTwin } = await import('../../runs/twin.js');
  const twin = quiet ? undefined : await findTwin(run);
  if (twin !== undefined)
    texts.push(output.fitted((await import('./twin-text.js')).twinTable(run, twin, output.width)));
  if (chart) {
    const { curvesText, rowsOf, USUAL_COLUMNS } = await import('./curves-text.js');
    texts.push(curvesText(io, [await rowsOf(run)], USUAL_COLUMNS));
  }
  return texts.join('\n\n');
}

/** The outcome as text; every figure is of the last epoch. */
function describe(summary: Summary): string {
  const { run, epochs, final, best, posterior, train_seconds, images_per_second } = summary;
  return columns([
    ['epochs', String(epochs)],
    ['test accuracy', percent(final.test_accuracy)],
    ['test NLL', final.test_nll.toFixed(4)],
    ['ECE', final.ece.toFixed(4)],
    ['Brier', final.brier.toFixed(4)],
    ['predictive entropy', `${final.predictive_entropy.toFixed(4)} nats`],
    ['mutual information', `${final.mutual_information.toFixed(4)} nats`],
    ['posterior samples', String(final.samples)],
    ...(posterior?.layers ?? []).map((layer): [string, string] => [
      `posterior of ${layer.layer}`,
      health(layer),
    ]),
    ['best checkpoint', `epoch ${best.epoch}, by ${best.selected_by}`],
    ['training', `${duration(train_seconds)}, ${whole(images_per_second)} images/s`],
    ['results', run],
  ]);
}

/** How a layer's posterior stands after the last epoch. */
function health({ kl, weights, mean_sigma, median_snr }: PosteriorRow): string {
  const each = (kl / weights).toPrecision(3);
  return `KL ${whole(kl)} nats (${each} a weight), mean sigma ${mean_sigma.toPrecision(3)}, median |mu|/sigma ${median_snr.toPrecision(3)}`;
}
