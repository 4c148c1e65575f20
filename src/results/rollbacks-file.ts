import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { quoteJson, strictJson } from '../strict-json.js';
import { writeAtomic } from './atomic-write.js';

/** A time that a run diverged and went back. */
export interface Rollback {
  /** The step (1 is a run's first) whose update gave the first NaN or infinity, and its epoch. */
  step: number;
  epoch: number;
  /** The parameters that it gave it to; none where the loss alone was not finite. */
  parameters: string[];
  /** What likely lay behind it. */
  cause: string;
  /** The finished epoch whose end the run went back to; 0: its beginning. */
  back_to_epoch: number;
  /** Factor of the config's learning rate from there on. */
  rate_factor: number;
}

const fileOf = (folder: string) => path.join(folder, 'rollbacks.json');

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

function isRollback(value: unknown): value is Rollback {
  if (typeof value !== 'object' || value === null) return false;
  const { step, epoch, parameters, cause, back_to_epoch, rate_factor } = value as Rollback;
  const named = Array.isArray(parameters) && parameters.every((name) => typeof name === 'string');
  const scaled = typeof rate_factor === 'number' && rate_factor > 0 && rate_factor < 1;
  return [step, epoch, back_to_epoch].every(isCount) && named && typeof cause === 'string' && scaled;
}

/**
 * How often a run went back, and why: rollbacks.json, none where there is no such file.
 * @throws BayescnnError 'data' when it is damaged
 */
export async function loadRollbacks(folder: string): Promise<Rollback[]> {
  const file = fileOf(folder);
  let value: unknown;
  try {
    value = strictJson(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw damaged(file, (cause as NodeJS.ErrnoException).code ?? (cause as Error).message);
  }
  if (!Array.isArray(value) || !value.every(isRollback)) throw damaged(file, quoteJson(value));
  return value;
}

function damaged(file: string, got: string): BayescnnError {
  return new BayescnnError('data', `${file}: expected a list of rollbacks, got ${got}`, {
    hint: 'the file was changed or damaged; use a copy of the run',
  });
}

/** Writes rollbacks.json. @throws BayescnnError 'failure' when it cannot be written */
export function saveRollbacks(folder: string, rollbacks: readonly Rollback[]): Promise<void> {
  return writeAtomic(fileOf(folder), `${JSON.stringify(rollbacks, null, 2)}\n`);
}
