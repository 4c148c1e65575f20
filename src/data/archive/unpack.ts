import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { checkAbort, dataError, fileError } from '../fail.js';
import { ARCHIVE_HINT } from '../source.js';
import { type TarVisitor, TarWalker } from './tar-walk.js';

const CHUNK_BYTES = 1024 * 1024;

/** What identifies an archive. */
export interface ArchiveIdentity {
  readonly bytes: number;
  readonly sha256: string;
  readonly md5: string;
}

export interface ReadOptions {
  /** Compressed bytes read so far, and in all. */
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

/**
 * Unpacks a whole .tar.gz in one pass, hands its members to `visitor` and hashes its bytes.
 * @param maxBytes most bytes when unpacked: no room for a decompression bomb
 * @throws data error for whatever is wrong with the file, naming the member and the byte
 */
export async function unpackArchive(
  file: string,
  visitor: TarVisitor,
  maxBytes: number,
  options: ReadOptions = {},
): Promise<ArchiveIdentity> {
  checkAbort(options.signal);
  try {
    return await streamArchive(file, visitor, maxBytes, options);
  } catch (error) {
    checkAbort(options.signal);
    throw fileError('archive', file, gzipError(file, error));
  }
}

async function streamArchive(
  file: string,
  visitor: TarVisitor,
  maxBytes: number,
  options: ReadOptions,
): Promise<ArchiveIdentity> {
  const found = await stat(file);
  // A pipe would wait for its writer, and a device never ends.
  if (!found.isFile() && !found.isDirectory())
    throw dataError(`archive: ${file} must be a file, got a pipe or device`, 'name the file itself');
  const { size } = found;
  const meter = new HashMeter((done) => options.onProgress?.(done, size));
  await pipeline(
    createReadStream(file, { highWaterMark: CHUNK_BYTES }),
    meter,
    createGunzip({ chunkSize: CHUNK_BYTES }),
    unpackedSink(new TarWalker(visitor), maxBytes),
    { signal: options.signal },
  );
  if (meter.bytes !== size) {
    throw dataError(
      `archive: ${file} must end with its gzip stream, got more bytes after byte ${meter.bytes} of ${size}`,
      ARCHIVE_HINT,
    );
  }
  return meter.identity();
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

function unpackedSink(walker: TarWalker, maxBytes: number): Writable {
  let unpacked = 0;
  return new Writable({
    highWaterMark: 2 * CHUNK_BYTES,
    write(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      if (unpacked > maxBytes) {
        done(dataError(`archive: at most ${maxBytes} unpacked bytes are allowed, got more`, ARCHIVE_HINT));
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

function gzipError(file: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith('Z_')) return error;
  const what = code === 'Z_BUF_ERROR' ? 'must be a whole gzip file' : 'must be a gzip file';
  return dataError(
    `archive: ${file} ${what}, got ${message} (${code})`,
    'the file is damaged, cut short or not compressed: fetch it again',
    error,
  );
}
