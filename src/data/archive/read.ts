import { MAX_RECORDS, OFFICIAL_SOURCE, RECORD_BYTES } from '../source.js';
import { parseClassNames } from './class-names.js';
import { MemberPolicy, RECORD_MEMBERS } from './members.js';
import { RecordCutter, type RecordMember, type RecordVisitor } from './records.js';
import type { TarEntry, TarVisitor } from './tar-walk.js';
import { type ArchiveIdentity, type ReadOptions, unpackArchive } from './unpack.js';

/**
 * All records twice over: room for headers, padding and skipped members, no room for a decompression bomb.
 */
const MAX_UNPACKED_BYTES = 2 * RECORD_MEMBERS.length * MAX_RECORDS * RECORD_BYTES;

/** An archive that was read from end to end. */
export interface ArchiveContent extends ArchiveIdentity {
  /** The six record members in archive order: training files 1 to 5, then the test file. */
  readonly members: readonly RecordMember[];
  readonly classNames: readonly string[];
}

/** True for the official CIFAR-10 binary archive. */
export function isOfficial(identity: ArchiveIdentity): boolean {
  return identity.bytes === OFFICIAL_SOURCE.bytes && identity.md5 === OFFICIAL_SOURCE.md5;
}

/**
 * Reads a whole archive in one pass: hashes its bytes, unpacks them, checks every member and label, and hands
 * the records to `visitor` in the order of the stream. Memory stays at a few megabytes. The checksum is known
 * only at the end, so a visitor must not publish anything before this returns.
 * @throws data error for whatever is wrong with the file, naming the member and the byte
 */
export async function readArchive(
  file: string,
  visitor: RecordVisitor,
  options: ReadOptions = {},
): Promise<ArchiveContent> {
  const reader = new MemberReader(visitor);
  const identity = await unpackArchive(file, reader, MAX_UNPACKED_BYTES, options);
  return { ...identity, ...reader.result() };
}

/** Sends the contents of admitted members to the record cutter and to the class names. */
class MemberReader implements TarVisitor {
  private readonly policy = new MemberPolicy();
  private readonly cutter: RecordCutter;
  private readonly members = new Map<string, RecordMember>();
  private readonly names: Uint8Array[] = [];
  private taken: RecordMember | undefined;

  constructor(visitor: RecordVisitor) {
    this.cutter = new RecordCutter(visitor);
  }

  header(entry: TarEntry): boolean {
    const name = this.policy.admit(entry);
    this.taken = undefined;
    if (name === undefined) return false;
    if (RECORD_MEMBERS.includes(name)) {
      this.taken = { name, records: entry.size / RECORD_BYTES };
      this.members.set(name, this.taken);
    }
    return true;
  }

  content(_entry: TarEntry, bytes: Uint8Array): void {
    if (this.taken === undefined) this.names.push(Uint8Array.from(bytes));
    else this.cutter.push(this.taken, bytes);
  }

  end(): void {
    if (this.taken !== undefined) this.cutter.finish(this.taken);
  }

  result(): Pick<ArchiveContent, 'members' | 'classNames'> {
    this.policy.checkComplete();
    const members = RECORD_MEMBERS.map((name) => this.members.get(name) as RecordMember);
    return { members, classNames: parseClassNames(Buffer.concat(this.names)) };
  }
}
