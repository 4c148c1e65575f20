import { BayescnnError } from '../../errors.js';
import { flatten } from '../../report/index.js';
import {
  history,
  METRICS_COLUMNS,
  type Moment,
  type OpenedRun,
  openRun,
  readLosses,
  readMetrics,
  readPosterior,
} from '../../results/index.js';

/** A run as trackers are told of it. */
export interface TrackedRun {
  readonly path: string;
  readonly name: string;
  readonly startedAt: Date;
  /** null: it has not ended. */
  readonly endedAt: Date | null;
  readonly moments: readonly Moment[];
  readonly notes: string;
  /** Its config without name and notes, by dotted path. */
  readonly settings: Readonly<Record<string, string>>;
  /** Machine, program, data and outcome, by name. */
  readonly facts: Readonly<Record<string, string>>;
  readonly commit: string | undefined;
}

/**
 * Reads a run, also one that is running.
 * @throws BayescnnError 'usage' when the path is no run folder, 'data' when a file of it is damaged
 */
export async function trackedRun(folder: string): Promise<TrackedRun> {
  const run = await openRun(folder);
  const startedAt = startOf(run);
  const { name: _, notes, ...settings } = run.config as Record<string, unknown>;
  const [metrics, losses, posterior] = [
    await readMetrics(run.path),
    await readLosses(run.path),
    await readPosterior(run.path),
  ];
  const rows = history({ startedAt, metrics, losses, posterior });
  const endedAt = endOf(run, startedAt);
  const moments = rows.length === 0 && endedAt !== null ? outcome(run, endedAt) : rows;
  return {
    path: run.path,
    name: run.name,
    startedAt,
    endedAt,
    moments,
    notes: typeof notes === 'string' ? notes : '',
    settings: texts({ ...settings, ...(run.derived && { made_by: run.derived.settings }) }),
    facts: factsOf(run),
    commit: (run.environment?.commit as { hash?: string } | null | undefined)?.hash,
  };
}

function startOf({ path, environment }: OpenedRun): Date {
  const told = environment?.started_at;
  const date = new Date(typeof told === 'string' ? told : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new BayescnnError(
    'data',
    `${path}/environment.json: expected "started_at", a date, got ${JSON.stringify(told ?? null)}`,
    { hint: 'trackers show when a run was made; export a run whose environment.json is whole' },
  );
}

function endOf({ summary }: OpenedRun, startedAt: Date): Date | null {
  if (summary === null) return null;
  const seconds = typeof summary.total_seconds === 'number' ? summary.total_seconds : 0;
  return new Date(startedAt.getTime() + Math.round(1000 * seconds));
}

/** Of a run that was made of others, which has no epochs: what it was found to do. */
function outcome({ summary }: OpenedRun, endedAt: Date): Moment[] {
  const final = (summary?.final ?? {}) as Record<string, unknown>;
  const scalars = METRICS_COLUMNS.flatMap((column): [string, number][] => {
    const value = final[column];
    return typeof value === 'number' && Number.isFinite(value) ? [[column, value]] : [];
  });
  return [{ at: endedAt.getTime() / 1000, step: 0, scalars: Object.fromEntries(scalars), snr: [] }];
}

/** Settings by dotted path; texts without quotes. */
function texts(settings: object): Record<string, string> {
  return Object.fromEntries(
    [...flatten(settings)].map(([key, value]) => [key, value?.startsWith('"') ? JSON.parse(value) : value]),
  );
}

function factsOf({ environment, summary }: OpenedRun): Record<string, string> {
  const { engine, dataset, version, node, cpu, cores } = environment ?? {};
  const { name, threads } = (engine ?? {}) as Record<string, unknown>;
  const { sha256 } = (dataset ?? {}) as Record<string, unknown>;
  const { model, parameters, selection, config_hash, warnings } = summary ?? {};
  const told = Array.isArray(warnings) && warnings.length > 0 ? warnings.join('\n') : undefined;
  const facts = { version, engine: name, threads, node, cpu, cores, dataset_sha256: sha256 };
  const outcomes = { model, parameters, selection, config_hash, warnings: told };
  const known = Object.entries({ ...facts, ...outcomes }).filter(([, value]) => value != null);
  return Object.fromEntries(known.map(([key, value]) => [key, String(value)]));
}
