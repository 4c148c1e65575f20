import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readArchive } from '../../../src/data/archive/read.js';
import { archiveInfo, verifyArchive } from '../../../src/data/index.js';
import {
  CLASS_NAMES,
  FOLDER,
  failureOf,
  HEAD_ARCHIVE,
  HEAD_SHA256,
  hasShared,
  JPEG_ARCHIVE,
  JPEG_SHA256,
  type Member,
  makeRecords,
  memberNamed,
  RECORD_MEMBERS,
  sharedName,
  tarOf,
  temporaryFolder,
  validMembers,
  writeArchive,
} from './support.js';

/** Reads an archive and joins what each member's blocks held. */
async function readAll(file: string) {
  const parts = new Map<string, Buffer[]>();
  const content = await readArchive(file, {
    records(member, first, block) {
      const blocks = parts.get(member.name) ?? [];
      expect(first * 3073).toBe(Buffer.concat(blocks).length);
      parts.set(member.name, [...blocks, Buffer.from(block)]);
    },
  });
  return { content, bytes: new Map([...parts].map(([name, blocks]) => [name, Buffer.concat(blocks)])) };
}

async function refused(members: readonly Member[]) {
  return failureOf(() => readAll(writeArchive(temporaryFolder(), members)));
}

describe('readArchive', () => {
  it('gives every record of the seven members and the checksums of the file', async () => {
    const file = writeArchive(temporaryFolder(), validMembers(700));
    const { content, bytes } = await readAll(file);
    const raw = readFileSync(file);
    expect(content.sha256).toBe(createHash('sha256').update(raw).digest('hex'));
    expect(content.md5).toBe(createHash('md5').update(raw).digest('hex'));
    expect(content.bytes).toBe(raw.length);
    expect(content.classNames).toEqual(CLASS_NAMES);
    expect(content.members).toEqual(RECORD_MEMBERS.map((name) => ({ name, records: 700 })));
    for (const [i, name] of RECORD_MEMBERS.entries())
      expect(bytes.get(name)?.equals(makeRecords(700, i))).toBe(true);
  });

  it('takes members in any order, with a leading ./, and skips small unknown files', async () => {
    const members = validMembers().reverse();
    members[0].path = `./${members[0].path}`;
    members.unshift({ path: `${FOLDER}/`, content: new Uint8Array(0), type: 'Directory' });
    members.push({ path: `${FOLDER}/readme.html`, content: Buffer.from('<html>') });
    members.push({ path: `other/data_batch_1.bin`, content: Buffer.from('not ours') });
    const { content } = await readAll(writeArchive(temporaryFolder(), members));
    expect(content.members.map(({ name }) => name)).toEqual(RECORD_MEMBERS);
  });

  it('takes members of different sizes', async () => {
    const members = validMembers();
    memberNamed(members, 'data_batch_3.bin').content = makeRecords(5, 2);
    const { content } = await readAll(writeArchive(temporaryFolder(), members));
    expect(content.members.map(({ records }) => records)).toEqual([2, 2, 5, 2, 2, 2]);
  });

  it('reports progress up to the length of the file', async () => {
    const file = writeArchive(temporaryFolder(), validMembers());
    const seen: [number, number][] = [];
    await readArchive(file, { records: () => {} }, { onProgress: (...at) => seen.push(at) });
    const { length } = readFileSync(file);
    expect(seen.at(-1)).toEqual([length, length]);
  });

  it('stops when it is interrupted', async () => {
    const file = writeArchive(temporaryFolder(), validMembers());
    const stop = new AbortController();
    const records = () => stop.abort();
    const error = await failureOf(() => readArchive(file, { records }, { signal: stop.signal }));
    expect(error.exitCode).toBe(130);
  });
});

describe('readArchive refuses', () => {
  const offsetOf = (members: Member[], index: number): number =>
    members
      .slice(0, index)
      .reduce((sum, { content }) => sum + 512 + 512 * Math.ceil(content.length / 512), 0);

  it.each([
    ['a symbolic link', { type: 'SymbolicLink', linkpath: '/etc/passwd' }, 'type SymbolicLink'],
    ['a hard link', { type: 'Link', linkpath: `${FOLDER}/test_batch.bin` }, 'type Link'],
    ['a device', { type: 'CharacterDevice' }, 'type CharacterDevice'],
    ['a pipe', { type: 'FIFO' }, 'type FIFO'],
    ['".."', { path: `${FOLDER}/../data_batch_1.bin` }, 'a path with ".."'],
    ['".." with backslashes', { path: `${FOLDER}\\..\\x` }, 'a path with ".."'],
    ['an absolute path', { path: `/${FOLDER}/data_batch_1.bin` }, 'an absolute one'],
    ['a drive letter', { path: 'C:\\data_batch_1.bin' }, 'an absolute one'],
    ['a folder outside', { path: '../', type: 'Directory' }, 'a path with ".."'],
  ])('%s, naming the member and its byte', async (_name, change, got) => {
    const members = validMembers();
    members.splice(3, 0, { path: `${FOLDER}/extra.bin`, content: new Uint8Array(0), ...change });
    const error = await refused(members);
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(got);
    expect(error.message).toContain(`at byte ${offsetOf(members, 3)}`);
    expect(error.message).toContain(JSON.stringify(members[3].path));
  });

  it('an unknown type', async () => {
    const members = validMembers();
    members.splice(1, 0, {
      path: `${FOLDER}/odd`,
      content: new Uint8Array(0),
      edit: (block) => block.write('V', 156),
    });
    expect((await refused(members)).message).toMatch(
      /"cifar-10-batches-bin\/odd" at byte 1024 must be a file/,
    );
  });

  it('a member that occurs twice', async () => {
    const members = validMembers();
    members.push(members[2]);
    const error = await refused(members);
    expect(error.message).toContain(`data_batch_2.bin" at byte ${offsetOf(members, 7)} must occur once`);
  });

  it.each(['batches.meta.txt', ...RECORD_MEMBERS])('an archive without %s', async (name) => {
    const error = await refused(validMembers().filter((member) => !member.path.endsWith(name)));
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(`none named ${name}`);
  });

  it.each([
    ['no record', 0, 'must have 3073 to 30730000 bytes, got 0'],
    ['a short record', 2 * 3073 - 1, 'a record of 3072 bytes at its byte 3073'],
    ['a long record', 2 * 3073 + 5, 'a record of 5 bytes at its byte 6146'],
  ])('a member with %s', async (_name, size, got) => {
    const members = validMembers();
    memberNamed(members, 'data_batch_4.bin').content = new Uint8Array(size);
    const error = await refused(members);
    expect(error.message).toContain('data_batch_4.bin"');
    expect(error.message).toContain(got);
  });

  it('an oversized member at its header, before any of its content', async () => {
    const members = validMembers();
    members[1].size = 10_001 * 3073;
    const folder = temporaryFolder();
    const file = path.join(folder, 'bomb.tar.gz');
    // Nothing follows the header: only a reader that stops at once can name the size.
    writeFileSync(file, gzipSync(tarOf(members.slice(0, 2), false).subarray(0, 1536)));
    const error = await failureOf(() => readAll(file));
    expect(error.message).toContain(
      'data_batch_1.bin" at byte 1024 must have 3073 to 30730000 bytes, got 30733073',
    );
  });

  it('an oversized member that is to be skipped, and one of 8 GiB', async () => {
    for (const size of [1024 * 1024 + 1, 2 ** 33 - 1]) {
      const error = await refused([{ path: 'big', content: new Uint8Array(0), size }]);
      expect(error.message).toBe(`archive: member "big" at byte 0 must have 0 to 1048576 bytes, got ${size}`);
    }
  });

  it('more members than any archive of the kind has', async () => {
    const many = Array.from({ length: 65 }, (_, i) => ({ path: `f${i}`, content: new Uint8Array(0) }));
    expect((await refused(many)).message).toBe(
      'archive: at most 64 members are allowed, got one more at byte 32768',
    );
  });

  it('a bomb of zeros after the end', async () => {
    const file = path.join(temporaryFolder(), 'zeros.tar.gz');
    const zeros = gzipSync(Buffer.alloc(16e6), { level: 1 });
    writeFileSync(
      file,
      Buffer.concat([gzipSync(tarOf(validMembers())), ...new Array<Buffer>(25).fill(zeros)]),
    );
    expect((await failureOf(() => readAll(file))).message).toMatch(/at most \d+ unpacked bytes/);
  });

  it('data after the end', async () => {
    const file = path.join(temporaryFolder(), 'tail.tar.gz');
    const tar = tarOf(validMembers());
    writeFileSync(file, gzipSync(Buffer.concat([tar, Buffer.from([0, 0, 9])])));
    expect((await failureOf(() => readAll(file))).message).toContain(`got data at byte ${tar.length + 2}`);
  });

  it('a second layer of gzip', async () => {
    const file = path.join(temporaryFolder(), 'twice.tar.gz');
    writeFileSync(file, gzipSync(gzipSync(tarOf(validMembers()))));
    expect((await failureOf(() => readAll(file))).message).toContain(
      'compressed data instead of a tar header',
    );
  });

  it('a huge pax header', async () => {
    const pax = { path: 'pax', content: Buffer.alloc(70_000, 'x'), type: 'ExtendedHeader' };
    expect((await refused([pax, ...validMembers()])).message).toContain('at most 65536 bytes, got 70000');
  });

  it.each([
    [0, 0, 10, 0],
    [1, 1, 255, 3073],
    [5, 600, 10, 600 * 3073],
  ])('a label above 9 (member %i, record %i), naming the byte', async (member, record, label, byte) => {
    const members = validMembers(601);
    memberNamed(members, RECORD_MEMBERS[member]).content[record * 3073] = label;
    const error = await refused(members);
    expect(error.exitCode).toBe(3);
    expect(error.message).toBe(
      `archive: label at byte ${byte} of member "${RECORD_MEMBERS[member]}" must be 0 to 9, got ${label}`,
    );
  });

  it.each([
    ['nine', CLASS_NAMES.slice(1).join('\n')],
    ['a repeated one', [...CLASS_NAMES.slice(1), 'cat'].join('\n')],
    ['a control character', [...CLASS_NAMES.slice(1), '\x1b[31m'].join('\n')],
  ])('class names with %s', async (_name, text) => {
    const members = validMembers();
    members[0].content = Buffer.from(text);
    expect((await refused(members)).message).toContain('batches.meta.txt');
  });

  it('a file cut short at any place', async () => {
    const folder = temporaryFolder();
    const whole = readFileSync(writeArchive(folder, validMembers()));
    const file = path.join(folder, 'cut.tar.gz');
    for (const length of [0, 1, 9, 100, Math.floor(whole.length / 2), whole.length - 9, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length));
      expect((await failureOf(() => readAll(file))).exitCode, `${length} bytes`).toBe(3);
    }
  });

  it('a tar that ends inside a member, naming member and bytes', async () => {
    const file = path.join(temporaryFolder(), 'cut.tar.gz');
    writeFileSync(file, gzipSync(tarOf(validMembers()).subarray(0, 1024 + 512 + 1000)));
    expect((await failureOf(() => readAll(file))).message).toMatch(
      /data_batch_1.bin" must have 6146 bytes, got 1000 before the archive ended at byte 2536/,
    );
  });

  it('a file that is no gzip, a folder, and a missing file', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'plain');
    writeFileSync(file, 'hello, this is text');
    expect((await failureOf(() => readAll(file))).message).toContain('must be a gzip file');
    expect((await failureOf(() => readAll(folder))).exitCode).toBe(3);
    expect((await failureOf(() => readAll(path.join(folder, 'none')))).message).toContain('no such file');
  });

  it('any single flipped byte of the compressed file', async () => {
    const folder = temporaryFolder();
    const file = writeArchive(folder, validMembers());
    const whole = readFileSync(file);
    for (let at = 10; at < whole.length - 4; at += Math.floor(whole.length / 23)) {
      const bad = Buffer.from(whole);
      bad[at] ^= 0x10;
      writeFileSync(file, bad);
      expect((await failureOf(() => readAll(file))).exitCode, `byte ${at}`).toBe(3);
    }
  });
});

describe('verifyArchive', () => {
  it('takes a named checksum in either case and no other', async () => {
    const file = writeArchive(temporaryFolder(), validMembers());
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(await verifyArchive(file, { sha256: sha256.toUpperCase() })).toMatchObject({
      sha256,
      official: false,
      file,
    });
    for (const options of [{}, { sha256: 'a'.repeat(64) }]) {
      const error = await failureOf(() => verifyArchive(file, options));
      expect(error.exitCode).toBe(3);
      expect(error.message).toContain(sha256);
      expect(error.hint).toContain(`--sha256 ${sha256}`);
    }
    expect((await failureOf(() => verifyArchive(file, { sha256: 'abc' }))).exitCode).toBe(2);
  });
});

describe('archiveInfo', () => {
  it('counts classes and computes exact channel statistics', async () => {
    const info = await archiveInfo(writeArchive(temporaryFolder(), validMembers(3)));
    const train = RECORD_MEMBERS.slice(0, 5).map((_, i) => makeRecords(3, i));
    const counts = new Array<number>(10).fill(0);
    const green: number[] = [];
    for (const bytes of train) {
      for (let at = 0; at < bytes.length; at += 3073) {
        counts[bytes[at]]++;
        green.push(...bytes.subarray(at + 1 + 1024, at + 1 + 2048));
      }
    }
    const mean = green.reduce((sum, value) => sum + value / 255, 0) / green.length;
    const variance = green.reduce((sum, value) => sum + (value / 255 - mean) ** 2, 0) / green.length;
    expect(info.train.classCounts).toEqual(counts);
    expect(info.train.mean[1]).toBeCloseTo(mean, 12);
    expect(info.train.std[1]).toBeCloseTo(Math.sqrt(variance), 12);
    expect([info.train.records, info.test.records, info.official]).toEqual([15, 3, false]);
  });

  it.skipIf(!hasShared)(sharedName('knows the two real archives'), async () => {
    const jpeg = await archiveInfo(JPEG_ARCHIVE);
    expect(jpeg.sha256).toBe(JPEG_SHA256);
    expect(jpeg.train.classCounts).toEqual(new Array(10).fill(5000));
    expect(jpeg.test.classCounts).toEqual(new Array(10).fill(1000));
    expect(jpeg.train.mean.map((value) => value.toFixed(4))).toEqual(['0.4913', '0.4821', '0.4465']);
    const { sha256, official, members } = await verifyArchive(HEAD_ARCHIVE, { sha256: HEAD_SHA256 });
    expect([sha256, official, members.length]).toEqual([HEAD_SHA256, false, 6]);
  });

  it.skipIf(!hasShared)(sharedName('reads the same pixels as a plain unpacking'), async () => {
    const tar = gunzipSync(readFileSync(HEAD_ARCHIVE));
    const { bytes } = await readAll(HEAD_ARCHIVE);
    let at = 0;
    let compared = 0;
    while (tar[at] !== 0) {
      const name = tar.toString('latin1', at, tar.indexOf(0, at)).split('/')[1];
      const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
      if (RECORD_MEMBERS.includes(name)) {
        expect(bytes.get(name)?.equals(tar.subarray(at + 512, at + 512 + size))).toBe(true);
        compared++;
      }
      at += 512 + 512 * Math.ceil(size / 512);
    }
    expect(compared).toBe(6);
  });
});
