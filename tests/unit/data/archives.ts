import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';

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
