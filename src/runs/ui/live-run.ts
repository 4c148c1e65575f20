import path from 'node:path';
import { findLockFile } from '../../lock/lock-file.js';
import { Watch } from '../../lock/watch.js';
import { imageScores, type LiveRun, type LiveState, type ReportRun } from '../../report/index.js';
import {
  history,
  loadPredictions,
  type OpenedRun,
  openRun,
  readLosses,
  readMetrics,
  readPosterior,
} from '../../results/index.js';
import type { LossPrint, MetricsRow } from '../../train/row.js';
import { isBayesianRun } from '../twin.js';

/** A lock whose holder cannot be asked counts as alive for so long without a sign of life, milliseconds. */
const SILENCE = 60_000;
/** Points that a curve of printed losses has at most. */
const LOSSES = 300;

/** Reads one run again and again. */
export class WatchedRun {
  private readonly watch = new Watch(SILENCE);

  constructor(
    readonly name: string,
    readonly folder: string,
  ) {}

  /** Whether a process trains in it. */
  async isHeld(): Promise<boolean> {
    const found = await findLockFile(path.join(this.folder, 'run.lock')).catch(() => undefined);
    return found !== undefined && this.watch.look(found) !== 'dead';
  }

  /** The run as it is now; what is damaged is told in its place. @param drawn whether plots of it are wanted */
  async read(held: boolean, drawn: boolean): Promise<LiveRun> {
    try {
      return await this.readWhole(held, drawn);
    } catch (error) {
      return { ...this.blank(drawn), state: 'damaged', progress: (error as Error).message };
    }
  }

  private blank(drawn: boolean): Omit<LiveRun, 'state' | 'progress'> {
    const run: ReportRun = {
      name: this.name,
      seed: 0,
      samples: 0,
      scores: NO_SCORES,
      metrics: [],
      posterior: [],
      sigmas: [],
      notes: '',
      warnings: [],
      environment: [],
      evaluation: null,
    };
    return {
      name: this.name,
      shown: drawn,
      epoch: 0,
      epochs: 0,
      latest: undefined,
      warnings: [],
      group: { name: this.name, bayesian: false, runs: [run] },
      losses: [],
    };
  }

  private async readWhole(held: boolean, drawn: boolean): Promise<LiveRun> {
    const run = await openRun(this.folder);
    const metrics = await readMetrics(this.folder);
    const epochs = epochsOf(run);
    const state = stateOf(run, held);
    const told = run.summary?.warnings;
    const blank = this.blank(drawn);
    return {
      ...blank,
      state,
      progress: progressOf(state, run, metrics, epochs),
      epoch: metrics.at(-1)?.epoch ?? 0,
      epochs,
      latest: metrics.findLast(({ test_nll }) => test_nll !== null) ?? metrics.at(-1),
      warnings: Array.isArray(told) ? told.map(String) : [],
      ...(drawn && (await this.plotted(blank, run, metrics))),
    };
  }

  private async plotted(
    { group }: Pick<LiveRun, 'group'>,
    run: OpenedRun,
    metrics: MetricsRow[],
  ): Promise<Pick<LiveRun, 'group' | 'losses'>> {
    const predicted = await loadPredictions(this.folder);
    const reported: ReportRun = {
      ...group.runs[0],
      metrics,
      posterior: await readPosterior(this.folder),
      ...(predicted && { samples: predicted.samples, scores: imageScores(predicted) }),
    };
    return {
      group: { ...group, bayesian: isBayesianRun(run), runs: [reported] },
      losses: lossesOf(metrics, await readLosses(this.folder)),
    };
  }
}

const NONE = new Float64Array(0);
const NO_SCORES: ReportRun['scores'] = {
  correct: NONE,
  nll: NONE,
  brier: NONE,
  confidences: NONE,
  predictiveEntropy: NONE,
  mutualInformation: NONE,
};

function epochsOf({ config }: OpenedRun): number {
  const epochs = (config as { train?: { epochs?: unknown } }).train?.epochs;
  return typeof epochs === 'number' ? epochs : 0;
}

function stateOf({ summary }: OpenedRun, held: boolean): LiveState {
  if (summary !== null) return 'ended';
  return held ? 'running' : 'stopped';
}

function progressOf(
  state: LiveState,
  { derived }: OpenedRun,
  metrics: readonly MetricsRow[],
  epochs: number,
): string {
  if (derived !== null) return `made of ${derived.from.length} run${derived.from.length === 1 ? '' : 's'}`;
  const done = metrics.at(-1)?.epoch ?? 0;
  const place = `epoch ${done} of ${epochs}`;
  if (state !== 'running') return `${state}, ${place}`;
  return `${place}${done === 0 ? '' : `, ${leftText(metrics, epochs)}`}`;
}

/** By the epochs so far, evaluation included. */
function leftText(metrics: readonly MetricsRow[], epochs: number): string {
  const seconds = metrics.reduce((sum, row) => sum + row.seconds + (row.eval_seconds ?? 0), 0);
  const left = (seconds / metrics.length) * (epochs - (metrics.at(-1)?.epoch ?? 0));
  if (left < 90) return `about ${Math.ceil(left)} s left`;
  return left < 5400 ? `about ${Math.round(left / 60)} min left` : `about ${(left / 3600).toFixed(1)} h left`;
}

/** By optimizer step, every k-th where there are many. */
function lossesOf(metrics: readonly MetricsRow[], losses: readonly LossPrint[]): LiveRun['losses'] {
  const moments = history({ startedAt: new Date(0), metrics, losses, posterior: [] });
  const printed = moments.flatMap(({ step, scalars }) =>
    scalars.printed_loss === undefined ? [] : [{ step, loss: scalars.printed_loss }],
  );
  const every = Math.ceil(printed.length / LOSSES);
  return printed.filter((_, i) => i % every === 0 || i === printed.length - 1);
}
