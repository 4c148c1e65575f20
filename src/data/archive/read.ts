import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { checkAbort, dataError, fileError } from '../fail.js';
import { ARCHIVE_HINT, MAX_RECORDS, OFFICIAL_SOURCE, RECORD_BYTES } from '../source.js';
import { parseClassNames } from './class-names.js';
import { MemberPolicy, RECORD_MEMBERS } from './members.js';
import { RecordCutter, type RecordMember, type RecordVisitor } from './records.js';
import { type TarEntry, type TarVisitor, TarWalker } from './tar-walk.js';

const CHUNK_BYTES = 1024 * 1024;
/**
 * All records twice over: room for headers, padding and skipped members, no room for a decompression bomb.
 */
const MAX_UNPACKED_BYTES = 2 * RECORD_MEMBERS.length * MAX_RECORDS * RECORD_BYTES;

/** What identifies an archive. */
export interface ArchiveIdentity {
  readonly bytes: number;
  readonly sha256: string;
  readonly md5: string;
}

/** An archive that was read from end to end. */
export interface ArchiveContent extends ArchiveIdentity {
  /** The six record members in archive order: training files 1 to 5, then the test file. */
  readonly members: readonly RecordMember[];
  readonly classNames: readonly string[];
}

export interface ReadOptions {
  /** Compressed bytes read so far, and in all. */
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
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
  checkAbort(options.signal);
  try {
    return await streamArchive(file, visitor, options);
  } catch (error) {
    checkAbort(options.signal);
    throw fileError('archive', file, gzipError(file, error));
  }
}

async function streamArchive(
  file: string,
  visitor: RecordVisitor,
  options: ReadOptions,
): Promise<ArchiveContent> {
  const found = await stat(file);
  // A pipe would wait for its writer, and a device never ends.
  if (!found.isFile() && !found.isDirectory())
    throw dataError(`archive: ${file} must be a file, got a pipe or device`, 'name the file itself');
  const { size } = found;
  const meter = new HashMeter((done) => options.onProgress?.(done, size));
  const reader = new MemberReader(visitor);
  await pipeline(
    createReadStream(file, { highWaterMark: CHUNK_BYTES }),
    meter,
    createGunzip({ chunkSize: CHUNK_BYTES }),
    unpackedSink(new TarWalker(reader)),
    { signal: options.signal },
  );
  if (meter.bytes !== size) {
    throw dataError(
      `archive: ${file} must end with its gzip stream, got more bytes after byte ${meter.bytes} of ${size}`,
      ARCHIVE_HINT,
    );
  }
  return { ...meter.identity(), ...reader.result() };
}

/** Passes bytes on unchanged while hashing and counting them. */
class HashMeter extends Transform {
  bytes = 0;
  private readonly sha256 = createHash('sha256');
  private readonly md5 = createHash('md5');

  constructor(private readonly progress: (done: number) => void) {
    super({ readableHighWaterMark: 2 * CHUNK_BYTES });
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: null, chunk: Buffer) => void): void {
    this.bytes += chunk.length;
    this.sha256.update(chunk);
    this.md5.update(chunk);
    this.progress(this.bytes);
    done(null, chunk);
  }

  identity(): ArchiveIdentity {
    return { bytes: this.bytes, sha256: this.sha256.digest('hex'), md5: this.md5.digest('hex') };
  }
}

function unpackedSink(walker: TarWalker): Writable {
  let unpacked = 0;
  return new Writable({
    highWaterMark: 2 * CHUNK_BYTES,
    write(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      if (unpacked > MAX_UNPACKED_BYTES) {
        done(
          dataError(
            `archive: at most ${MAX_UNPACKED_BYTES} unpacked bytes are allowed, got more`,
            ARCHIVE_HINT,
          ),
        );
        return;
      }
      attempt(() => walker.write(chunk), done);
    },
    final: (done) => attempt(() => walker.finish(), done),
  });
}

function attempt(action: () => void, done: (error?: Error) => void): void {
  try {
    action();
  } catch (error) {
    done(error as Error);
    return;
  }
  done();
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

function gzipError(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith('Z_')) return error;
  const what = code === 'Z_BUF_ERROR' ? 'must be a whole gzip file' : 'must be a gzip file';
  return dataError(
    `archive: ${file} ${what}, got ${message} (${code})`,
    'the file is damaged, cut short or not compressed: fetch it again with `bayescnn data fetch`',
    error,
  );
}
