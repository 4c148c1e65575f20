import path from 'node:path';
import type { OpenedRun } from '../results/index.js';
import { isBayesianRun, twinAmong } from '../runs/twin.js';
import { asTyped } from './as-typed.js';
import type { Io } from './io.js';
import { columns, percent, printable } from './output-format.js';
import { styled } from './output-style.js';
import { packageVersion } from './version.js';

const RESULTS = 'results';
const SHOWN = 5;

/** A command and what it is for. */
type Step = readonly [command: string, purpose: string];

/** What `bayescnn` alone prints: the runs that there are, and what to do next. */
export async function nextSteps(io: Io): Promise<void> {
  const { latestRuns } = await import('../results/index.js');
  const { runs, total } = await latestRuns(RESULTS);
  const title = styled(io, io.stdout, 'bold', `bayescnn ${packageVersion()}`);
  const steps = stepsAfter(runs).map(([command, purpose], i): [string, string] => [
    `${i + 1}. ${asTyped(io, command)}`,
    purpose,
  ]);
  const parts = [
    `${title}: what does making a CNN Bayesian buy, and what does it cost?`,
    ...(runs.length > 0 ? [runTable(runs, total)] : []),
    `Next steps\n${steps.map(([command, purpose]) => `  ${command}\n     ${purpose}`).join('\n')}`,
    asTyped(io, 'All commands: bayescnn --help'),
  ];
  io.stdout.write(`${parts.join('\n\n')}\n`);
}

function runTable(runs: readonly OpenedRun[], total: number): string {
  const rows = runs
    .slice(0, SHOWN)
    .map((run): [string, string] => [printable(folderOf(run)), printable(stateOf(run))]);
  const more = total - rows.length;
  const last = more > 0 ? `\n  and ${more} more` : '';
  return `Runs, the last first\n${columns(rows, '  ')}${last}`;
}

function folderOf(run: OpenedRun): string {
  return path.join(RESULTS, run.name);
}

function stateOf({ summary }: OpenedRun): string {
  if (summary === null) return 'not finished';
  const accuracy = (summary.final as { test_accuracy?: unknown } | undefined)?.test_accuracy;
  const figure = typeof accuracy === 'number' ? `, test accuracy ${percent(accuracy)}` : '';
  return `${String(summary.model)}${figure}`;
}

/** Three steps that make sense after the runs that there are. */
export function stepsAfter(runs: readonly OpenedRun[]): Step[] {
  const finished = runs.filter((run) => run.summary !== null);
  if (finished.length === 0) return firstSteps(runs);
  const latest = finished[0];
  return [
    [`bayescnn eval ${folderOf(latest)} --samples 100`, 'evaluate the last finished run'],
    twinStep(latest, finished),
    ['bayescnn init', 'write a config of your own, with every setting explained'],
  ];
}

function firstSteps(runs: readonly OpenedRun[]): Step[] {
  const first: Step =
    runs.length > 0
      ? [`bayescnn train --resume ${folderOf(runs[0])}`, 'go on with the run that has not finished']
      : [
          'bayescnn train --config quickstart',
          'train a Bayesian LeNet on generated images: half a minute, nothing to download',
        ];
  return [
    first,
    ['bayescnn init', 'write a config of your own, with every setting explained'],
    ['bayescnn doctor', 'see what this machine offers'],
  ];
}

/** Compares the latest run with its twin, the newest run on the same data that is Bayesian where it is not, or trains one. */
function twinStep(latest: OpenedRun, finished: readonly OpenedRun[]): Step {
  const twin = twinAmong(latest, finished);
  if (twin !== undefined) {
    const [cnn, bayesian] = isBayesianRun(latest) ? [twin, latest] : [latest, twin];
    return [
      `bayescnn compare ${folderOf(cnn)} ${folderOf(bayesian)}`,
      'see what being Bayesian bought, with intervals and tests',
    ];
  }
  return isBayesianRun(latest)
    ? [twinCommand(latest, 'none', 'cnn'), 'train its plain twin, to compare with']
    : [twinCommand(latest, 'all', 'bayes'), 'train its Bayesian twin, to compare with'];
}

function twinCommand(run: OpenedRun, bayesian: string, suffix: string): string {
  const { model, train } = run.config as TwinSettings;
  const sets = [`model.bayesian=${bayesian}`];
  // What its twin cannot have.
  if (model?.posterior?.kind === 'moped') sets.push('model.posterior.kind=constant');
  if (model?.start) sets.push('model.start=null');
  if (bayesian !== 'none' && train?.optimizer?.weightDecay) sets.push('train.optimizer.weightDecay=0');
  const config = path.join(folderOf(run), 'config.json');
  return `bayescnn train --config ${config} ${sets.map((set) => `--set ${set}`).join(' ')} --name ${run.name}-${suffix}`;
}

/** What is read of a run's config, which may be of another version. */
interface TwinSettings {
  model?: { posterior?: { kind?: unknown }; start?: unknown };
  train?: { optimizer?: { weightDecay?: unknown } };
}
