import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { type ArchiveContent, readArchive } from '../archive/read.js';
import type { RecordMember, RecordVisitor } from '../archive/records.js';
import type { ReadOptions } from '../archive/unpack.js';
import { IMAGE_BYTES } from '../dataset.js';
import { fileError } from '../fail.js';
import { RECORD_BYTES } from '../source.js';
import { type DecodedMember, encodeFooter } from './decoded-format.js';
import { makeFolder, removeStale, temporaryName } from './files.js';
import { fingerprint } from './identity.js';

/** Where the decoded form of an archive with this checksum is kept. */
export function decodedPath(cacheDir: string, sha256: string): string {
  return path.join(cacheDir, 'decoded', `${sha256}.v1`);
}

/**
 * What stands for the decoding of an archive whose checksum is not known yet, e.g. in a lock's name. Makes its folder.
 * @throws data error when the archive or the folder cannot be used
 */
export async function decodingPlace(cacheDir: string, archive: string): Promise<string> {
  const folder = path.join(cacheDir, 'decoded');
  const { file } = await fingerprint(archive);
  await makeFolder(folder);
  return path.join(folder, `decoding-${createHash('sha256').update(file).digest('hex').slice(0, 32)}`);
}

/**
 * Decodes `file` into the cache. The result appears under its final name only when `accept` has not thrown.
 * Its checksums make a flush to the device needless: after a power cut a damaged file is seen and rebuilt.
 */
export async function buildDecoded(
  cacheDir: string,
  file: string,
  accept: (content: ArchiveContent) => void,
  options: ReadOptions,
): Promise<ArchiveContent> {
  const folder = path.join(cacheDir, 'decoded');
  await makeFolder(folder);
  await removeStale(folder);
  const temporary = temporaryName(path.join(folder, 'decoding'));
  const writer = new DecodedWriter(temporary);
  try {
    const content = await readArchive(file, writer, options);
    accept(content);
    writer.finish(content);
    writer.close();
    await rename(temporary, decodedPath(cacheDir, content.sha256));
    return content;
  } finally {
    writer.close();
    await rm(temporary, { force: true });
  }
}

interface OpenMember {
  imagesAt: number;
  imagesCrc: number;
  labels: Uint8Array;
}

/** Splits records into pixels, written at once, and labels, kept until the end. */
class DecodedWriter implements RecordVisitor {
  private fd: number | undefined;
  private position = 0;
  private pixels = new Uint8Array(0);
  private readonly open = new Map<string, OpenMember>();

  constructor(private readonly file: string) {
    this.fd = this.named(() => openSync(file, 'wx'));
  }

  records(member: RecordMember, first: number, block: Uint8Array): void {
    let opened = this.open.get(member.name);
    if (opened === undefined) {
      opened = { imagesAt: this.position, imagesCrc: 0, labels: new Uint8Array(member.records) };
      this.open.set(member.name, opened);
    }
    const count = block.length / RECORD_BYTES;
    if (this.pixels.length < count * IMAGE_BYTES) this.pixels = new Uint8Array(count * IMAGE_BYTES);
    for (let i = 0; i < count; i++) {
      const at = i * RECORD_BYTES;
      opened.labels[first + i] = block[at];
      this.pixels.set(block.subarray(at + 1, at + RECORD_BYTES), i * IMAGE_BYTES);
    }
    const bytes = this.pixels.subarray(0, count * IMAGE_BYTES);
    opened.imagesCrc = crc32(bytes, opened.imagesCrc);
    this.append(bytes);
  }

  finish(content: ArchiveContent): void {
    const members: DecodedMember[] = content.members.map(({ name, records }) => {
      const { imagesAt, imagesCrc, labels } = this.open.get(name) as OpenMember;
      const labelsAt = this.position;
      this.append(labels);
      return { name, records, imagesAt, labelsAt, imagesCrc, labelsCrc: crc32(labels) };
    });
    this.append(encodeFooter({ sha256: content.sha256, classNames: content.classNames, members }));
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  private append(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) at += this.named(() => writeSync(this.fd as number, bytes, at));
    this.position += bytes.length;
  }

  /** Errors of the cache must not read as errors of the archive. */
  private named(action: () => number): number {
    try {
      return action();
    } catch (error) {
      throw fileError('cache', this.file, error);
    }
  }
}
