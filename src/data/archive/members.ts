import { dataError, quote } from '../fail.js';
import {
  ARCHIVE_FOLDER,
  ARCHIVE_HINT,
  CLASS_NAMES_MEMBER,
  MAX_RECORDS,
  RECORD_BYTES,
  TEST_MEMBER,
  TRAIN_MEMBERS,
} from '../source.js';
import type { TarEntry } from './tar-walk.js';

/** Members that hold records, in archive order: the training files, then the test file. */
export const RECORD_MEMBERS: readonly string[] = [...TRAIN_MEMBERS, TEST_MEMBER];
const KNOWN: ReadonlySet<string> = new Set([CLASS_NAMES_MEMBER, ...RECORD_MEMBERS]);

const MAX_NAMES_BYTES = 4096;
/** The official archive carries a readme.html of under 100 bytes besides the seven. */
const MAX_SKIPPED_BYTES = 1024 * 1024;
const MAX_ENTRIES = 64;
const FILE_TYPES: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile']);

/** Decides at each header whether a member is taken, skipped, or a reason to refuse the archive. */
export class MemberPolicy {
  private entries = 0;
  private readonly seen = new Set<string>();

  /**
   * @returns the bare name of one of the seven known members; undefined for what is skipped
   * @throws data error naming the member and the byte of its header
   */
  admit(entry: TarEntry): string | undefined {
    this.entries++;
    if (this.entries > MAX_ENTRIES) {
      throw dataError(
        `archive: at most ${MAX_ENTRIES} members are allowed, got one more at byte ${entry.offset}`,
        ARCHIVE_HINT,
      );
    }
    checkPath(entry);
    if (entry.type === 'Directory') return undefined;
    if (!FILE_TYPES.has(entry.type)) throw refusal(entry, 'must be a file or a folder', `type ${entry.type}`);
    const path = entry.path.replace(/^(\.\/+)+/, '');
    if (this.seen.has(path)) throw refusal(entry, 'must occur once', 'a second one');
    this.seen.add(path);
    const [folder, name, ...deeper] = path.split('/');
    if (folder !== ARCHIVE_FOLDER || deeper.length > 0 || !KNOWN.has(name)) {
      checkSize(entry, 0, MAX_SKIPPED_BYTES);
      return undefined;
    }
    checkKnownSize(entry, name);
    return name;
  }

  /** Throws when one of the seven members is missing. */
  checkComplete(): void {
    const missing = [...KNOWN].filter((name) => !this.seen.has(`${ARCHIVE_FOLDER}/${name}`));
    if (missing.length > 0) {
      throw dataError(
        `archive: members ${[...KNOWN].join(', ')} are needed in ${ARCHIVE_FOLDER}/, got none named ${missing.join(', ')}`,
        'use the binary version of CIFAR-10 (cifar-10-binary.tar.gz), not the Python or Matlab one',
      );
    }
  }
}

function checkPath(entry: TarEntry): void {
  const { path } = entry;
  if (/^([/\\]|[A-Za-z]:)/.test(path)) throw refusal(entry, 'must have a relative path', 'an absolute one');
  if (path.split(/[/\\]/).includes('..'))
    throw refusal(entry, 'must stay inside the archive', 'a path with ".."');
}

function checkKnownSize(entry: TarEntry, name: string): void {
  if (name === CLASS_NAMES_MEMBER) {
    checkSize(entry, 1, MAX_NAMES_BYTES);
    return;
  }
  checkSize(entry, RECORD_BYTES, MAX_RECORDS * RECORD_BYTES);
  if (entry.size % RECORD_BYTES !== 0) {
    const left = entry.size % RECORD_BYTES;
    const whole = entry.size - left;
    throw refusal(
      entry,
      `must be whole records of ${RECORD_BYTES} bytes`,
      `${entry.size} bytes: a record of ${left} bytes at its byte ${whole}`,
    );
  }
}

function checkSize(entry: TarEntry, least: number, most: number): void {
  if (entry.size < least || entry.size > most) {
    throw refusal(entry, `must have ${least} to ${most} bytes`, `${entry.size}`);
  }
}

function refusal(entry: TarEntry, must: string, got: string) {
  return dataError(
    `archive: member ${quote(entry.path)} at byte ${entry.offset} ${must}, got ${got}`,
    ARCHIVE_HINT,
  );
}
