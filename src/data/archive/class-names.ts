import { CLASS_COUNT } from '../dataset.js';
import { dataError, quote } from '../fail.js';
import { ARCHIVE_HINT, CLASS_NAMES_MEMBER } from '../source.js';

/**
 * Reads `batches.meta.txt`: one class name a line, blank lines ignored.
 * @throws data error unless there are ten different, printable names
 */
export function parseClassNames(bytes: Uint8Array): string[] {
  const names = Buffer.from(bytes)
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== CLASS_COUNT || new Set(names).size !== CLASS_COUNT) {
    throw dataError(
      `archive: member "${CLASS_NAMES_MEMBER}" must have ${CLASS_COUNT} different class names, got ${names.length} lines (${new Set(names).size} different)`,
      ARCHIVE_HINT,
    );
  }
  const bad = names.find((name) => !/^[\p{L}\p{N}\p{P} ]{1,64}$/u.test(name));
  if (bad !== undefined) {
    throw dataError(
      `archive: class names in "${CLASS_NAMES_MEMBER}" must be short printable words, got ${quote(bad)}`,
      ARCHIVE_HINT,
    );
  }
  return names;
}
