import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { afterEach } from 'vitest';
import { BayescnnError } from '../../../src/errors.js';

const SHARED = process.env.BAYESCNN_SHARED ?? path.resolve(import.meta.dirname, '../../../../shared');
export const JPEG_ARCHIVE = path.join(SHARED, 'cifar10/cifar-10-binary-jpeg.tar.gz');
export const JPEG_SHA256 = 'bb80b26a0f65a6b208784962bea26e012367d0a893e109e30ed7ef9f03393f27';
export const HEAD_ARCHIVE = path.join(SHARED, 'cifar10/cifar-10-binary-head1k.tar.gz');
export const HEAD_SHA256 = '38ff14b4248004b19ce212d975c2b0678feb2e8ad48aa623aea68a74e398abbd';
/** Vitest shows skipped tests by name, hence the reason in it. */
export const sharedName = (name: string): string =>
  existsSync(JPEG_ARCHIVE) ? name : `${name} [skipped: no archives in ${SHARED}; set BAYESCNN_SHARED]`;
export const hasShared = existsSync(JPEG_ARCHIVE) && existsSync(HEAD_ARCHIVE);

const folders: string[] = [];

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-data-'));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** All files below a folder, as relative paths. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** The error that `action` rejects or throws with; fails when there is none, or none of ours. */
export async function failureOf(action: () => unknown): Promise<BayescnnError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof BayescnnError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export interface Member {
  path: string;
  content: Uint8Array;
  type?: string;
  /** Size in the header, when it is to lie. */
  size?: number;
  linkpath?: string;
  /** Changes the finished header block; its checksum is then set again. */
  edit?(block: Buffer): void;
}

export const FOLDER = 'cifar-10-batches-bin';
export const CLASS_NAMES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
export const RECORD_MEMBERS = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`).concat('test_batch.bin');

/** Records whose labels and pixels are known: label (salt + i) % 10, pixel j is (salt + 7 i + j) % 256. */
export function makeRecords(count: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(count * 3073);
  for (let i = 0; i < count; i++) {
    bytes[i * 3073] = (salt + i) % 10;
    for (let j = 0; j < 3072; j++) bytes[i * 3073 + 1 + j] = (salt + 7 * i + j) % 256;
  }
  return bytes;
}

/** The seven members of a small valid archive, `count` records each. */
export function validMembers(count = 2): Member[] {
  const names = Buffer.from(`${CLASS_NAMES.join('\n')}\n\n`);
  return [
    { path: `${FOLDER}/batches.meta.txt`, content: names },
    ...RECORD_MEMBERS.map((name, i) => ({ path: `${FOLDER}/${name}`, content: makeRecords(count, i) })),
  ];
}

/** The member of that name; tests change it in place. */
export function memberNamed(members: Member[], name: string): Member {
  const found = members.find((member) => member.path.endsWith(name));
  if (found === undefined) throw new Error(`no member ${name}`);
  return found;
}

export function tarOf(members: readonly Member[], end = true): Buffer {
  const blocks: Buffer[] = members.flatMap((member) => [
    headerOf(member),
    Buffer.from(member.content),
    Buffer.alloc((512 - (member.content.length % 512)) % 512),
  ]);
  return Buffer.concat(end ? [...blocks, Buffer.alloc(1024)] : blocks);
}

function headerOf(member: Member): Buffer {
  const header = new Header({
    path: member.path,
    type: (member.type ?? 'File') as never,
    size: member.size ?? member.content.length,
    mode: 0o644,
    mtime: new Date(0),
    linkpath: member.linkpath,
  });
  header.encode();
  const block = header.block as Buffer;
  // The class refuses to write some of the paths that we need.
  block.fill(0, 0, 100);
  block.fill(0, 345, 500);
  block.write(member.path, 0, 100, 'utf8');
  if (member.edit !== undefined) member.edit(block);
  setChecksum(block);
  return block;
}

function setChecksum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

/** Writes a gzipped tar file and returns its path. */
export function writeArchive(folder: string, members: readonly Member[], name = 'archive.tar.gz'): string {
  const file = path.join(folder, name);
  writeFileSync(file, gzipSync(tarOf(members), { level: 1 }));
  return file;
}
