import {
  CORRUPTIONS,
  type CorruptionKind,
  EXTRA_CORRUPTIONS,
  MAX_SEVERITY,
  OUTSIDE_SETS,
  type OutsideSet,
} from '../data/index.js';
import { BayescnnError } from '../errors.js';

/** What is evaluated besides the split's own images. */
export interface Shifts {
  kinds: readonly CorruptionKind[];
  levels: readonly number[];
  /** A folder of CIFAR-10-C; without it corrupted images are made. */
  folder?: string;
  sets: readonly OutsideSet[];
  files: readonly string[];
}

/** Flags of `eval` that ask for shifted images. */
export interface ShiftFlags {
  split: string;
  corrupt?: string | undefined;
  severity?: string | undefined;
  corruptFiles?: string | undefined;
  ood?: string | undefined;
  oodFile?: readonly string[] | undefined;
}

/** Read first, so that a wrong name ends before the work begins. @throws BayescnnError 'usage' */
export function shiftsOf(flags: ShiftFlags): Shifts {
  const { split, severity, corruptFiles, ood, oodFile } = flags;
  const corrupt = flags.corrupt ?? (corruptFiles === undefined ? undefined : 'all');
  if (severity !== undefined && corrupt === undefined)
    throw new BayescnnError('usage', '--severity: needs --corrupt, got none', {
      hint: 'for example --corrupt all',
    });
  if (corruptFiles !== undefined && split !== 'test')
    throw new BayescnnError('usage', `--corrupt-files: has the test images, got --split ${split}`, {
      hint: 'leave --split out, or --corrupt-files: other splits are corrupted by formula',
    });
  return {
    kinds: corrupt === undefined ? [] : corruptionKinds(corrupt),
    levels: severities(severity ?? 'all'),
    ...(corruptFiles !== undefined && { folder: corruptFiles }),
    sets: ood === undefined ? [] : outsideSets(ood),
    files: oodFile ?? [],
  };
}

/** `--corrupt`: kinds, comma-separated; `all` are the benchmark's 15, `extra` the others. @throws 'usage' */
function corruptionKinds(text: string): readonly CorruptionKind[] {
  const groups = { all: CORRUPTIONS, extra: EXTRA_CORRUPTIONS };
  return chosen('--corrupt', [...CORRUPTIONS, ...EXTRA_CORRUPTIONS], groups, text);
}

/** `--ood`: generated sets, comma-separated, or `all`. @throws 'usage' */
function outsideSets(text: string): readonly OutsideSet[] {
  return chosen('--ood', OUTSIDE_SETS, { all: OUTSIDE_SETS }, text);
}

/** `--severity`: 0 to 5, comma-separated, or `all` (1 to 5). @throws 'usage' */
function severities(text: string): readonly number[] {
  if (text === 'all') return Array.from({ length: MAX_SEVERITY }, (_, i) => i + 1);
  const levels = text.split(',').map((part) => part.trim());
  const wrong = levels.find((level) => !/^\d$/.test(level) || Number(level) > MAX_SEVERITY);
  if (wrong === undefined) return [...new Set(levels.map(Number))];
  throw new BayescnnError('usage', `--severity: 0 to ${MAX_SEVERITY} or all, got ${wrong}`, {
    hint: 'for example --severity 3, or --severity 1,3,5',
  });
}

/** The names of a list, each once, in the order of the list. */
function chosen<T extends string>(
  option: string,
  names: readonly T[],
  groups: Readonly<Record<string, readonly T[]>>,
  text: string,
): readonly T[] {
  const found = text.split(',').flatMap((part) => {
    const name = part.trim();
    const group = Object.hasOwn(groups, name) ? groups[name] : names.filter((known) => known === name);
    if (group.length > 0) return group;
    const known = [...names, ...Object.keys(groups)].join(', ');
    throw new BayescnnError('usage', `${option}: one of ${known}, got ${name || 'nothing'}`, {
      hint: `for example ${option} ${names[0]}, or ${option} ${names[0]},${names[1]}`,
    });
  });
  return [...new Set(found)];
}
