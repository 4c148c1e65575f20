import { createHash } from 'node:crypto';
import type { Moment } from './history.js';

/** A run as MLflow is told of it. */
export interface MlflowRun {
  readonly id: string;
  readonly name: string;
  readonly experiment: string;
  /** URI of the folder of its artifacts. */
  readonly artifacts: string;
  readonly startedAt: Date;
  /** null: it has not ended. */
  readonly endedAt: Date | null;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly moments: readonly Moment[];
}

/** An id of MLflow's form, 32 hexadecimal digits, the same for the same identity. */
export function runId(identity: string): string {
  return createHash('sha256').update(identity).digest('hex').slice(0, 32);
}

/** An experiment's id of MLflow's form, 18 decimal digits. */
export function experimentId(name: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 16)}`) % 10n ** 17n;
  return `1${String(digits).padStart(17, '0')}`;
}

/** YAML of one level; JSON's scalars are YAML's. */
function yaml(values: Readonly<Record<string, string | number | null | readonly []>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
}

const ACTIVE = 'active';
/** Numbers of `RunStatus` and `SourceType` in MLflow's service.proto. */
const RUNNING = 1;
const FINISHED = 3;
const LOCAL = 4;

/** meta.yaml of an experiment. @param folder its URI */
export function experimentMeta(name: string, id: string, folder: string, madeAt: Date): string {
  return yaml({
    artifact_location: folder,
    creation_time: madeAt.getTime(),
    experiment_id: id,
    last_update_time: madeAt.getTime(),
    lifecycle_stage: ACTIVE,
    name,
  });
}

/** Tags of an experiment by path below its folder: MLflow shows it as model training, not as calls of language models. */
export const EXPERIMENT_TAGS = { 'tags/mlflow.experimentKind': 'custom_model_development' } as const;

/** The name that an experiment's meta.yaml tells, written by MLflow or here; undefined where there is none. */
export function experimentName(meta: string): string | undefined {
  const text = /^name:[ \t]*(.+?)[ \t]*$/m.exec(meta)?.[1];
  if (text?.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text?.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** Files of a run's folder by path: meta.yaml, and one for each param, tag and metric. */
export function mlflowFiles(run: MlflowRun): Record<string, string> {
  const files: Record<string, string> = { 'meta.yaml': runMeta(run) };
  for (const [key, value] of Object.entries(run.params)) files[`params/${key}`] = value;
  for (const [key, value] of Object.entries(run.tags)) files[`tags/${key}`] = value;
  for (const { at, step, scalars } of run.moments) {
    for (const [key, value] of Object.entries(scalars)) {
      const file = `metrics/${key}`;
      files[file] = `${files[file] ?? ''}${Math.round(1000 * at)} ${value} ${step}\n`;
    }
  }
  return files;
}

function runMeta({ id, name, experiment, artifacts, startedAt, endedAt }: MlflowRun): string {
  return yaml({
    artifact_uri: artifacts,
    end_time: endedAt?.getTime() ?? null,
    entry_point_name: '',
    experiment_id: experiment,
    lifecycle_stage: ACTIVE,
    run_id: id,
    run_name: name,
    run_uuid: id,
    source_name: '',
    source_type: LOCAL,
    source_version: '',
    start_time: startedAt.getTime(),
    status: endedAt === null ? RUNNING : FINISHED,
    tags: [],
    user_id: '',
  });
}
