import { type LoadedSweep, type PlannedRun, type Point, planRuns, pointsOf } from '../../config/index.js';
import { BayescnnError } from '../../errors.js';
import {
  markdownTable,
  type PointSummary,
  type SweepRun,
  summarizePoints,
  sweepTable,
} from '../../report/index.js';
import { writeAtomic } from '../../results/index.js';
import type { Executor, RunOutcome, SweepEvents } from './executor.js';
import { SweepFolder } from './folder.js';
import { type Rung, survivors } from './halving.js';
import { type RunResult, SweepResults } from './results.js';

export interface SweepRequest {
  sweep: LoadedSweep;
  /** The sweep's folder. */
  folder: string;
  /** Overrides `path=value` of all runs, after those of the sweep. */
  set: readonly string[];
  executor: Executor;
  events: SweepEvents & { onPlan?(runs: readonly PlannedRun[], done: ReadonlySet<string>): void };
  signal?: AbortSignal | undefined;
}

/** A run in the report of a sweep. */
export interface SweepRunReport extends Partial<RunOutcome> {
  name: string;
  point: string;
  seed: number;
  result: RunResult | null;
}

/** summary.json of a sweep, and what `sweep --json` prints. */
export interface SweepReport {
  sweep: string;
  search: LoadedSweep['search']['kind'];
  executor: string;
  /** Runs that had ended before this call, by their hash. */
  reused: number;
  failed: number;
  /** Halving: the points of each rung. Else one rung of all points. */
  rungs: { epochs: number | null; points: string[] }[];
  points: PointSummary[];
  runs: SweepRunReport[];
}

/**
 * Trains the runs of a sweep that have not ended yet, and sums all up.
 * @throws BayescnnError 'config' for a run that is not valid, 'interrupted' on the signal; runs that fail are reported
 */
export async function runSweep(request: SweepRequest): Promise<SweepReport> {
  const { sweep, executor } = request;
  const folder = await SweepFolder.open(request.folder);
  const results = await SweepResults.open(folder);
  const report: SweepReport = {
    sweep: folder.path,
    search: sweep.search.kind,
    executor: executor.description,
    reused: 0,
    failed: 0,
    rungs: [],
    points: [],
    runs: [],
  };
  let points = pointsOf(sweep.search);
  for (const rung of rungsOf(sweep)) {
    report.rungs.push({ epochs: rung.epochs, points: points.map(({ label }) => label) });
    const runs = await oneRung(request, folder, results, points, rung);
    report.reused += runs.filter(({ ended }) => ended === undefined).length;
    report.runs.push(...runs);
    if (rung.keep === null) break;
    points = survivors(points, runs, rung);
  }
  report.failed = report.runs.filter(({ ended }) => ended === 'failed').length;
  const last = report.rungs.at(-1) as { points: string[] };
  report.points = summarizePoints(last.points, lastRuns(report));
  await writeAtomic(folder.file('summary.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeAtomic(folder.file('table.md'), `${markdownTable(sweepTable(report.points))}\n`);
  return report;
}

/** One rung of all points, or those of successive halving (Jamieson and Talwalkar 2016). */
export function rungsOf({ search }: LoadedSweep): Rung[] {
  if (search.kind !== 'halving') return [{ epochs: null, keep: null }];
  const { epochs, eta, rungs } = search;
  return Array.from({ length: rungs }, (_, i) => ({
    epochs: epochs * eta ** i,
    keep: i === rungs - 1 ? null : 1 / eta,
  }));
}

/** The runs of a rung under the names that they have in the folder. */
export function plannedRuns(
  folder: SweepFolder,
  sweep: LoadedSweep,
  points: readonly Point[],
  { epochs }: Rung,
  set: readonly string[],
): PlannedRun[] {
  const own = epochs === null ? set : [...set, `train.epochs=${epochs}`];
  const named = epochs === null ? points : points.map((p) => ({ ...p, label: `${p.label}_epochs${epochs}` }));
  const runs = planRuns(sweep, named, own);
  // In tables a point keeps its name through the rungs.
  return folder
    .adopt(runs)
    .map((run, i) => ({ ...run, point: points[Math.floor(i / sweep.seeds.length)].label }));
}

async function oneRung(
  { sweep, set, executor, events, signal }: SweepRequest,
  folder: SweepFolder,
  results: SweepResults,
  points: readonly Point[],
  rung: Rung,
): Promise<SweepRunReport[]> {
  const runs = plannedRuns(folder, sweep, points, rung, set);
  requireValidation(sweep, folder, runs);
  await folder.plan(sweep, runs);
  await results.gather(runs);
  const done = new Set(runs.filter(({ hash }) => results.get(hash) !== undefined).map(({ name }) => name));
  const left = runs.filter(({ name }) => !done.has(name));
  events.onPlan?.(runs, done);
  const outcomes =
    left.length === 0 ? new Map<string, RunOutcome>() : await executor.execute(folder, left, events, signal);
  await results.gather(runs);
  return runs.map(({ name, point, seed, hash }) => ({
    name,
    point,
    seed,
    ...outcomes.get(name),
    result: results.get(hash) ?? null,
  }));
}

/** Halving chooses, and only validation images may. */
function requireValidation({ search }: LoadedSweep, folder: SweepFolder, runs: readonly PlannedRun[]): void {
  if (search.kind !== 'halving') return;
  const without = runs.find(({ validation }) => validation === 0);
  if (without === undefined) return;
  throw new BayescnnError(
    'config',
    `${folder.path}: successive halving needs validation images to choose by, got data.validation 0 in ${without.name}`,
    { hint: 'add "data.validation": 5000 to the sweep\'s "set"; the test images select nothing' },
  );
}

function lastRuns(report: SweepReport): SweepRun[] {
  const { epochs } = report.rungs.at(-1) as { epochs: number | null };
  return report.runs.flatMap(({ point, result }) => {
    if (result === null || (epochs !== null && result.epochs !== epochs)) return [];
    const { test_accuracy, test_nll, ece, brier, predictive_entropy, validation_nll } = result.final;
    const { train_seconds } = result;
    return [
      {
        point,
        metrics: { test_accuracy, test_nll, ece, brier, predictive_entropy, validation_nll, train_seconds },
      },
    ];
  });
}
