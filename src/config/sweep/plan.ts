import { BayescnnError } from '../../errors.js';
import { configHash } from '../hash.js';
import { applyOverrides } from '../overrides.js';
import { parseConfig } from '../parse.js';
import type { Config } from '../schema.js';
import type { LoadedSweep } from './load.js';
import type { Point } from './points.js';

/** A run of a sweep before it has a folder: a point with one seed. */
export interface PlannedRun {
  /** The point's label and the seed. */
  readonly name: string;
  readonly point: string;
  readonly seed: number;
  /** What the run computes, whatever its name and threads are called. */
  readonly hash: string;
  /** Overrides `path=value` of the sweep's base. */
  readonly set: readonly string[];
  /** Epochs and validation images, which say how long it takes and whether it can be chosen by. */
  readonly epochs: number;
  readonly validation: number;
}

/** The config of a planned run. @throws BayescnnError 'config' or 'usage', naming the run */
export function configOf(base: unknown, { name, set }: Pick<PlannedRun, 'name' | 'set'>): Config {
  const where = `run ${name}`;
  try {
    return parseConfig(applyOverrides(base, [...set, `name=${JSON.stringify(name)}`]), where);
  } catch (error) {
    if (!(error instanceof BayescnnError) || error.message.startsWith(where)) throw error;
    throw new BayescnnError('config', `${where}: ${error.message}`, { hint: error.hint ?? '', cause: error });
  }
}

/** sha256 (hex) of what a run computes. Threads change times alone. */
export function runHash(config: Config): string {
  return configHash({ ...config, backend: { ...config.backend, threads: 0 } });
}

/**
 * The runs of some points: each with every seed of the sweep. Every config is checked, so that a mistake in the
 * last one is found before the first is trained.
 * @param more overrides `path=value` that win over the sweep's own
 * @throws BayescnnError 'config' for a run that is not valid, or two points that are one experiment
 */
export function planRuns(
  sweep: LoadedSweep,
  points: readonly Point[],
  more: readonly string[] = [],
): PlannedRun[] {
  const runs = points.flatMap((point) => runsOf(sweep, point, more));
  const seen = new Map<string, string>();
  for (const { hash, name } of runs) {
    const twin = seen.get(hash);
    if (twin !== undefined) {
      throw new BayescnnError(
        'config',
        `runs ${twin} and ${name}: expected different settings, got the same`,
        {
          hint: 'leave one of the points out',
        },
      );
    }
    seen.set(hash, name);
  }
  return runs;
}

/** A point with each seed. The config is parsed once: a seed changes nothing else in it, and 100,000 runs take their time. */
function runsOf(sweep: LoadedSweep, point: Point, more: readonly string[]): PlannedRun[] {
  const assign = (settings: object) =>
    Object.entries(settings).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  const shared = [...assign(sweep.set), ...assign(point.settings), ...more];
  const nameOf = (seed: number) => `${point.label}_seed${seed}`;
  const setOf = (seed: number) => [...shared, `seed=${seed}`];
  const [first] = sweep.seeds;
  const config = configOf(sweep.base, { name: nameOf(first), set: setOf(first) });
  const { epochs } = config.train;
  const { validation } = config.data;
  return sweep.seeds.map((seed) => ({
    name: nameOf(seed),
    point: point.label,
    seed,
    hash: runHash({ ...config, seed }),
    set: setOf(seed),
    epochs,
    validation,
  }));
}
