import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { BayescnnError } from '../../errors.js';
import { tar } from '../archive/tar-package.js';
import { writeAtomically } from '../cache/files.js';
import { checkAbort } from '../fail.js';
import {
  ARCHIVE_FOLDER,
  CLASS_NAMES_MEMBER,
  MAX_RECORDS,
  RECORD_BYTES,
  TEST_MEMBER,
  TRAIN_MEMBERS,
} from '../source.js';
import { PictureMaker } from './pictures.js';
import { SHAPES } from './shapes.js';

const BLOCK_BYTES = 512;
const RECORDS_A_CHUNK = 200;

export interface SyntheticOptions {
  readonly seed: number;
  /** Records in each of the five training files, 1 to 10,000. */
  readonly trainPerFile: number;
  /** Records in the test file, 1 to 10,000. */
  readonly test: number;
  readonly signal?: AbortSignal;
}

/** The archive that `data.source = synthetic` uses. */
export const DEFAULT_SYNTHETIC = { seed: 0, trainPerFile: 1000, test: 1000 } as const;

/**
 * Generates a ten-class archive in CIFAR-10's binary layout: figures in noise, coloured by class with
 * overlap. The records depend on the options alone; the compressed bytes also on the zlib of the Node
 * version.
 * @returns the archive's length and sha256
 * @throws usage error for a count out of range
 */
export async function writeSyntheticArchive(
  file: string,
  options: SyntheticOptions,
): Promise<{ bytes: number; sha256: string }> {
  checkOptions(options);
  const sha256 = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // Byte 9 of gzip's header names the operating system: 255 is "unknown", the same everywhere.
      if (bytes === 0) chunk[9] = 255;
      bytes += chunk.length;
      sha256.update(chunk);
      done(null, chunk);
    },
  });
  const { signal } = options;
  try {
    await writeAtomically(file, (temporary) =>
      pipeline(
        Readable.from(tarBytes(options)),
        createGzip({ level: 1 }),
        meter,
        createWriteStream(temporary),
        { signal },
      ),
    );
  } catch (error) {
    checkAbort(signal);
    throw error;
  }
  return { bytes, sha256: sha256.digest('hex') };
}

function checkOptions({ seed, trainPerFile, test }: SyntheticOptions): void {
  const checks = [
    ['seed', seed, 0, Number.MAX_SAFE_INTEGER],
    ['training records a file', trainPerFile, 1, MAX_RECORDS],
    ['test records', test, 1, MAX_RECORDS],
  ] as const;
  for (const [what, value, least, most] of checks) {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new BayescnnError(
        'usage',
        `data synth: ${what} must be a whole number from ${least} to ${most}, got ${value}`,
        {
          hint: `e.g. ${least + 100}`,
        },
      );
    }
  }
}

function* tarBytes(options: SyntheticOptions): Generator<Uint8Array> {
  const { seed, trainPerFile, test } = options;
  const names = Buffer.from(`${SHAPES.map(([name]) => name).join('\n')}\n`);
  yield header(CLASS_NAMES_MEMBER, names.length);
  yield names;
  yield padding(names.length);
  const maker = new PictureMaker(seed, 'train');
  for (const [i, name] of TRAIN_MEMBERS.entries())
    yield* records(name, maker, i * trainPerFile, trainPerFile);
  yield* records(TEST_MEMBER, new PictureMaker(seed, 'test'), 0, test);
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function* records(name: string, maker: PictureMaker, first: number, count: number): Generator<Uint8Array> {
  yield header(name, count * RECORD_BYTES);
  for (let at = 0; at < count; at += RECORDS_A_CHUNK) {
    yield maker.drawMany(first + at, Math.min(RECORDS_A_CHUNK, count - at));
  }
  yield padding(count * RECORD_BYTES);
}

function header(name: string, size: number): Buffer {
  const { Header } = tar();
  const entry = new Header({
    path: `${ARCHIVE_FOLDER}/${name}`,
    type: 'File',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: new Date(0),
  });
  entry.encode();
  return entry.block as Buffer;
}

function padding(size: number): Uint8Array {
  return new Uint8Array((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}
