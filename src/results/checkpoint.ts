import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { quoteJson, strictJson } from '../strict-json.js';
import { writeAtomic, writeError } from './atomic-write.js';
import { canonicalJson } from './canonical-json.js';
import { readSafetensors, type SafetensorsFile } from './safetensors-read.js';
import { DATA_DIGEST, damaged, type Tensor } from './safetensors-types.js';
import { writeSafetensors } from './safetensors-write.js';

/** A named array's content, row-major. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type NamedArrays = Readonly<Record<string, NamedArray>>;

/** Everything that a run needs to go on, or to be evaluated. */
export interface Checkpoint {
  /** Weights under PyTorch's names and layouts, e.g. `conv1.weight_mu`, OIHW. */
  weights: NamedArrays;
  /** Optimizer state, `<weight>.<slot>`, e.g. `conv1.weight_mu.momentum`. */
  optimizer: NamedArrays;
  /** Moments of collected weights (SWAG), `<weight>.mean` and `<weight>.squared_deviations`; counters tell of how many. */
  swag?: NamedArrays;
  /** Of a Laplace posterior of the last layer: `precision_cholesky`, a lower triangle in rows. */
  laplace?: NamedArrays;
  /** Epoch, step, seed and the like; finite numbers. */
  counters: Readonly<Record<string, number>>;
  /** Describes the model; any JSON value. */
  meta: unknown;
  /** Where the epoch under way stands, in a checkpoint inside one; a JSON value. */
  progress?: unknown;
}

/** A checkpoint as read. */
export interface LoadedCheckpoint extends Checkpoint {
  swag: NamedArrays;
  laplace: NamedArrays;
  path: string;
  /** sha256 of the tensors' bytes, hex. */
  sha256: string;
}

/** `last`: the last finished epoch; `best`: the one that was chosen; `step`: inside the epoch under way. */
export type CheckpointName = 'last' | 'best' | 'step';

const VERSION = '1';
/** Tensors beside the weights: a name in the file starts with its group's. */
const GROUPS = ['optimizer', 'swag', 'laplace'] as const;
type Groups = Record<'weights' | (typeof GROUPS)[number], NamedArrays>;

const groupOf = (name: string) => GROUPS.find((group) => name.startsWith(`${group}.`));

/** Where a run keeps a checkpoint. */
export function checkpointFile(folder: string, which: CheckpointName): string {
  return path.join(folder, 'checkpoints', `${which}.safetensors`);
}

/** NaN and infinity spread to every output: a network with one of them predicts nothing. */
function checkFinite(name: string, data: Float32Array, error: (what: string) => BayescnnError): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw error(`weight ${quoteJson(name)} must hold finite numbers, got ${data[at]} at element ${at}`);
}

function diverged(what: string): BayescnnError {
  return new BayescnnError('failure', `checkpoint: ${what}`, {
    hint: 'training diverged: try a smaller train.optimizer.learningRate',
  });
}

function toTensors(checkpoint: Checkpoint): Record<string, Tensor> {
  const taken = Object.keys(checkpoint.weights).find((name) => groupOf(name) !== undefined);
  if (taken !== undefined) {
    throw new BayescnnError(
      'failure',
      `checkpoint: a weight's name must not start with "${groupOf(taken)}.", got "${taken}"`,
      { hint: 'this is a mistake of the program: please report it' },
    );
  }
  for (const [name, { data }] of Object.entries(checkpoint.weights)) checkFinite(name, data, diverged);
  const tensor = ({ shape, data }: NamedArray): Tensor => ({ dtype: 'F32', shape, data });
  const named = (arrays: NamedArrays = {}, prefix = '') =>
    Object.entries(arrays).map(([name, array]) => [prefix + name, tensor(array)]);
  const groups = GROUPS.flatMap((group) => named(checkpoint[group], `${group}.`));
  return Object.fromEntries([...named(checkpoint.weights), ...groups]);
}

/** A checkpoint as the bytes of a safetensors file; equal input gives equal bytes. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return writeSafetensors(toTensors(checkpoint), {
    // "pt" tells readers of the format that names and layouts are PyTorch's.
    format: 'pt',
    bayescnn_checkpoint: VERSION,
    counters: canonicalJson(checkpoint.counters),
    meta: canonicalJson(checkpoint.meta),
    ...(checkpoint.progress !== undefined && { progress: canonicalJson(checkpoint.progress) }),
  });
}

/**
 * Writes a checkpoint of a run folder, e.g. `checkpoints/last.safetensors`, atomically.
 * @returns the file
 * @throws BayescnnError 'failure' when it cannot be written (the older checkpoint stays)
 */
export async function saveCheckpoint(
  folder: string,
  which: CheckpointName,
  checkpoint: Checkpoint,
): Promise<string> {
  const file = checkpointFile(folder, which);
  const bytes = encodeCheckpoint(checkpoint);
  await mkdir(path.dirname(file), { recursive: true }).catch((cause) => {
    throw writeError(path.dirname(file), cause);
  });
  await writeAtomic(file, bytes);
  return file;
}

/** Removes a checkpoint that something newer has replaced; nothing where there is none. */
export async function removeCheckpoint(folder: string, which: CheckpointName): Promise<void> {
  const file = checkpointFile(folder, which);
  await rm(file, { force: true }).catch((cause) => {
    throw writeError(file, cause);
  });
}

function parsed({ metadata }: SafetensorsFile, key: string, where: string): unknown {
  try {
    return strictJson(metadata[key]);
  } catch {
    throw damaged(where, `metadata "${key}" must be JSON, got ${quoteJson(metadata[key])}`);
  }
}

function countersOf(file: SafetensorsFile, where: string): Record<string, number> {
  const counters = parsed(file, 'counters', where);
  const valid =
    typeof counters === 'object' && counters !== null && Object.values(counters).every(Number.isFinite);
  if (!valid) throw damaged(where, `metadata "counters" must hold numbers, got ${quoteJson(counters)}`);
  return counters as Record<string, number>;
}

function split(tensors: Record<string, Tensor>, where: string): Groups {
  const none = (): Record<string, NamedArray> => Object.create(null);
  const groups = { weights: none(), optimizer: none(), swag: none(), laplace: none() };
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.dtype !== 'F32')
      throw damaged(where, `tensor ${quoteJson(name)} must be F32, got ${tensor.dtype}`);
    const group = groupOf(name);
    if (group === undefined) checkFinite(name, tensor.data, (what) => damaged(where, what));
    const own = group === undefined ? name : name.slice(group.length + 1);
    groups[group ?? 'weights'][own] = { shape: tensor.shape, data: tensor.data };
  }
  return groups;
}

function checkVersion(version: string | undefined, where: string): void {
  if (version === VERSION) return;
  throw new BayescnnError(
    'data',
    `${where}: expected a bayescnn checkpoint of version ${VERSION}, got ${version?.slice(0, 60) ?? 'none'}`,
    {
      hint:
        version === undefined
          ? 'name a .safetensors file that `bayescnn train` wrote'
          : 'use the version of bayescnn that wrote it: environment.json of its run names that',
    },
  );
}

/** The checkpoint in a file's bytes; see `loadCheckpoint`. */
export function decodeCheckpoint(bytes: Uint8Array, where: string): LoadedCheckpoint {
  const file = readSafetensors(bytes, where);
  checkVersion(file.metadata.bayescnn_checkpoint, where);
  return {
    ...split(file.tensors, where),
    counters: countersOf(file, where),
    meta: parsed(file, 'meta', where),
    ...(file.metadata.progress !== undefined && { progress: parsed(file, 'progress', where) }),
    path: where,
    sha256: file.metadata[DATA_DIGEST],
  };
}

/**
 * Reads and verifies a checkpoint file. Optimizer state is taken as it is; weights must be finite.
 * @throws BayescnnError 'data' when it is missing, damaged, of another version or no checkpoint
 */
export async function loadCheckpoint(file: string): Promise<LoadedCheckpoint> {
  const bytes = await readFile(file).catch((cause) => {
    const got = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new BayescnnError('data', `${file}: the checkpoint must be a readable file, got ${got}`, {
      hint: 'name a .safetensors file that `bayescnn train` wrote',
      cause,
    });
  });
  return decodeCheckpoint(bytes, file);
}
