import path from 'node:path';
import { type LoadedSweep, type PlannedRun, pointsOf } from '../../config/index.js';
import { textTable } from '../../report/index.js';
import { packageRoot } from '../../results/index.js';
import { SweepFolder } from '../../runs/sweep/folder.js';
import { lastEpoch, secondsPerEpoch } from '../../runs/sweep/progress.js';
import { SweepResults } from '../../runs/sweep/results.js';
import { quoted } from '../../runs/sweep/shell.js';
import { plannedRuns, rungsOf } from '../../runs/sweep/sweep.js';
import { duration } from '../output-format.js';

/** What `sweep --dry-run --json` prints. */
export interface SweepPlan {
  sweep: string;
  search: LoadedSweep['search']['kind'];
  /** Halving: what later rungs add, which depends on the first. */
  later: { epochs: number; points: number }[];
  runs: (Pick<PlannedRun, 'name' | 'point' | 'seed' | 'epochs' | 'set'> & {
    state: 'ended' | 'begun' | 'new';
    epochs_done: number;
  })[];
  epochs_left: number;
  /** From the runs that have ended; null before the first. */
  seconds_per_epoch: number | null;
}

/** The runs of a sweep (halving: of its first rung) and where they stand. @param write keep the plan in the folder */
export async function planSweep(
  { sweep, folder: at, set }: { sweep: LoadedSweep; folder: string; set: readonly string[] },
  write: boolean,
): Promise<SweepPlan> {
  const folder = await SweepFolder.open(at);
  const points = pointsOf(sweep.search);
  const [first, ...others] = rungsOf(sweep);
  const runs = plannedRuns(folder, sweep, points, first, set);
  if (write) await folder.plan(sweep, runs);
  const results = await SweepResults.open(folder);
  if (write) await results.gather(runs);
  const states = await Promise.all(
    runs.map(async ({ hash, name, point, seed, epochs, set: own }) => {
      const ended = results.get(hash) !== undefined;
      const done = ended ? epochs : ((await lastEpoch(folder, name))?.epoch ?? 0);
      const state: SweepPlan['runs'][number]['state'] = ended ? 'ended' : done > 0 ? 'begun' : 'new';
      return { name, point, seed, epochs, set: own, state, epochs_done: done };
    }),
  );
  let count = points.length;
  const later = others.map(({ epochs }, i) => {
    count = Math.max(1, Math.floor(count * ([first, ...others][i].keep ?? 1) + 1e-9));
    return { epochs: epochs as number, points: count };
  });
  const left = states.reduce((sum, run) => sum + run.epochs - run.epochs_done, 0);
  const more = later.reduce((sum, rung) => sum + rung.epochs * rung.points * sweep.seeds.length, 0);
  return {
    sweep: folder.path,
    search: sweep.search.kind,
    later,
    runs: states,
    epochs_left: left + more,
    seconds_per_epoch: secondsPerEpoch(results.all()) ?? null,
  };
}

export function planText(
  { sweep, runs, later, epochs_left, seconds_per_epoch }: SweepPlan,
  jobs = 1,
): string {
  const rows = runs.map(({ name, epochs, state, epochs_done }) => [
    name,
    String(epochs),
    state === 'begun' ? `begun, ${epochs_done} epochs done` : state,
  ]);
  const time =
    seconds_per_epoch === null
      ? 'the time is known when the first run has ended'
      : `about ${duration((epochs_left * seconds_per_epoch) / jobs)} with ${jobs === 1 ? 'one run' : `${jobs} runs`} at a time`;
  return [
    textTable([['run', 'epochs', 'state'], ...rows]),
    '',
    ...later.map(({ epochs, points }) => `then the best ${points} points for ${epochs} epochs`),
    `${runs.length} runs in ${sweep}, ${epochs_left} epochs left: ${time}`,
  ].join('\n');
}

/** A shell command for each run that has not ended; each can run on any machine that sees the folder. */
export function commandLines({ sweep, runs }: SweepPlan): string {
  const program = path.join(packageRoot(), 'bin', 'bayescnn.js');
  return runs
    .filter(({ state }) => state !== 'ended')
    .map(({ name }) => [process.execPath, program, 'sweep-task', sweep, name].map(quoted).join(' '))
    .join('\n');
}
