import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { writeAtomic } from './atomic-write.js';

/** A run that another was made of. */
export interface DerivedFrom {
  /** Its folder. */
  run: string;
  seed: number;
  /** sha256 of the tensors of the checkpoint that was taken; of an ensemble null. */
  sha256: string | null;
}

/** derived.json: what was made of trained runs, without further training. */
export interface Derived {
  /** What was asked for, step by step; what tells two experiments apart. */
  settings: Readonly<Record<string, string | number>>;
  from: readonly DerivedFrom[];
  /** Number of members in `members/`; absent: the run has a checkpoint of its own. */
  members?: number;
  /** Divides all logits. */
  temperature?: number;
  /** Figures of the steps. */
  facts: Readonly<Record<string, unknown>>;
}

/** Where an ensemble keeps a member: a run folder of its own. */
export function memberFolder(folder: string, member: number): string {
  return path.join(folder, 'members', String(member + 1));
}

const derivedPath = (folder: string): string => path.join(folder, 'derived.json');

/** Writes derived.json of a run folder, atomically. @throws BayescnnError 'failure' when it cannot be written */
export function saveDerived(folder: string, derived: Derived): Promise<void> {
  return writeAtomic(derivedPath(folder), `${JSON.stringify(derived, null, 2)}\n`);
}

/**
 * Reads derived.json; null where a run was trained, not made of others.
 * @throws BayescnnError 'data' when it is damaged
 */
export async function loadDerived(folder: string): Promise<Derived | null> {
  const file = derivedPath(folder);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    throw new BayescnnError('data', `${file}: could not be read, got ${code}`, { cause });
  }
  return checked(text, file);
}

function checked(text: string, file: string): Derived {
  let value: Partial<Derived> | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(file, `JSON, got ${(cause as Error).message}`, cause);
  }
  const { settings, from, facts, members, temperature } = value ?? {};
  const isObject = (part: unknown) => typeof part === 'object' && part !== null && !Array.isArray(part);
  if (!isObject(settings) || !isObject(facts) || !Array.isArray(from))
    throw damaged(file, 'settings, from and facts, got others');
  if (members !== undefined && !(Number.isInteger(members) && members > 0))
    throw damaged(file, `a whole number of members, got ${members}`);
  if (temperature !== undefined && !(Number.isFinite(temperature) && temperature > 0))
    throw damaged(file, `a temperature above 0, got ${temperature}`);
  return value as Derived;
}

function damaged(file: string, what: string, cause?: unknown): BayescnnError {
  return new BayescnnError('data', `${file}: expected ${what}`, {
    hint: 'the file was changed or damaged; make the run again from those it was made of',
    cause,
  });
}
