import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readArchive } from '../../src/data/archive/read.js';
import { BayescnnError } from '../../src/errors.js';
import {
  FOLDER,
  type Member,
  makeRecords,
  RECORD_MEMBERS,
  tarOf,
  validMembers,
} from '../unit/data/support.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-property-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The outcome of reading these bytes as an archive: its records by member, or our data error; nothing else may happen. */
async function outcome(tar: Uint8Array): Promise<Map<string, Buffer> | BayescnnError> {
  const file = path.join(folder, 'archive.tar.gz');
  writeFileSync(file, gzipSync(tar, { level: 1 }));
  const records = new Map<string, Buffer>();
  try {
    await readArchive(file, {
      records: ({ name }, _first, block) =>
        void records.set(name, Buffer.concat([records.get(name) ?? Buffer.alloc(0), block])),
    });
    return records;
  } catch (error) {
    expect(error).toBeInstanceOf(BayescnnError);
    expect((error as BayescnnError).exitCode).toBe(3);
    return error as BayescnnError;
  }
}

const VALID = tarOf(validMembers(1));

it('gives the records back unchanged for every order, size and company of the members', async () => {
  const member = fc.record({ count: fc.integer({ min: 1, max: 4 }), salt: fc.nat(255) });
  const sizes = fc.tuple(member, member, member, member, member, member);
  const extras = fc.array(fc.record({ name: fc.stringMatching(/^[a-z]{1,20}$/), length: fc.nat(1500) }), {
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(sizes, extras, fc.infiniteStream(fc.nat()), async (chosen, others, order) => {
      const members: Member[] = [validMembers()[0]];
      for (const [i, { count, salt }] of chosen.entries()) {
        members.push({ path: `${FOLDER}/${RECORD_MEMBERS[i]}`, content: makeRecords(count, salt) });
      }
      for (const [i, { name, length }] of others.entries()) {
        members.push({ path: `${FOLDER}/${name}${i}`, content: new Uint8Array(length).fill(200) });
      }
      const keys = new Map(members.map((each) => [each, order.next().value]));
      members.sort((a, b) => keys.get(a) - keys.get(b));
      const got = await outcome(tarOf(members));
      for (const [i, { count, salt }] of chosen.entries()) {
        expect((got as Map<string, Buffer>).get(RECORD_MEMBERS[i])?.equals(makeRecords(count, salt))).toBe(
          true,
        );
      }
    }),
    { numRuns: 60 },
  );
});

it('meets any overwritten bytes with the records of the other members or with a data error', async () => {
  const patch = fc.record({
    at: fc.nat(VALID.length - 1),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(patch, { minLength: 1, maxLength: 4 }), async (patches) => {
      const tar = Buffer.from(VALID);
      for (const { at, bytes } of patches) tar.set(bytes.subarray(0, tar.length - at), at);
      const got = await outcome(tar);
      if (got instanceof BayescnnError) return;
      expect([...got.keys()].sort()).toEqual([...RECORD_MEMBERS]);
      for (const bytes of got.values()) {
        expect(bytes.length % 3073).toBe(0);
        for (let i = 0; i < bytes.length; i += 3073) expect(bytes[i]).toBeLessThan(10);
      }
    }),
    { numRuns: 150 },
  );
});

it('meets any header fields, with a right checksum, with a data error or without harm', async () => {
  // Offsets and lengths of the fields that decide: name, size, type, link name, magic, prefix.
  const fields = [
    [0, 100],
    [124, 12],
    [156, 1],
    [157, 100],
    [257, 8],
    [345, 155],
  ] as const;
  const change = fc.record({
    member: fc.nat(6),
    field: fc.constantFrom(...fields),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ member, field: [at, length], bytes }) => {
      const members = validMembers(1);
      members[member].edit = (block) => block.set(bytes.subarray(0, length), at);
      const got = await outcome(tarOf(members));
      if (!(got instanceof BayescnnError)) expect([...got.keys()].sort()).toEqual([...RECORD_MEMBERS]);
    }),
    { numRuns: 150 },
  );
});

it('never takes a hostile path or type, wherever it stands', async () => {
  const segment = fc.stringMatching(/^[a-z.]{1,8}$/);
  const climbing = fc
    .tuple(
      fc.array(segment, { maxLength: 3 }),
      fc.array(segment, { maxLength: 3 }),
      fc.constantFrom('/', '\\'),
    )
    .map(([before, after, slash]) => [...before, '..', ...after].join(slash));
  const hostile = fc.oneof(
    climbing.map((where) => ({ path: where })),
    segment.map((where) => ({ path: `/${where}` })),
    fc
      .tuple(
        fc.constantFrom(...RECORD_MEMBERS),
        fc.constantFrom('Link', 'SymbolicLink', 'FIFO', 'BlockDevice'),
      )
      .map(([name, type]) => ({
        path: `${FOLDER}/${name}`,
        type,
        linkpath: type.endsWith('Link') ? 'x' : undefined,
      })),
    fc
      .constantFrom(...RECORD_MEMBERS, 'batches.meta.txt')
      .map((name) => ({ path: `${FOLDER}/${name}`, content: makeRecords(1, 0) })),
  );
  await fc.assert(
    fc.asyncProperty(hostile, fc.nat(7), async (member, place) => {
      const members = validMembers(1);
      members.splice(place, 0, { content: new Uint8Array(0), ...member });
      expect(await outcome(tarOf(members))).toBeInstanceOf(BayescnnError);
    }),
    { numRuns: 120 },
  );
});

it('meets an archive cut at any byte with a data error', async () => {
  const content = VALID.length - 1024;
  await fc.assert(
    fc.asyncProperty(fc.nat(content - 1), async (length) => {
      const got = await outcome(VALID.subarray(0, length));
      // Only zeros that pad the last record may be missing.
      if (length <= content - 512) expect(got).toBeInstanceOf(BayescnnError);
    }),
    { numRuns: 80 },
  );
});

it('meets random bytes with a data error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
      expect(await outcome(bytes)).toBeInstanceOf(BayescnnError);
    }),
    { numRuns: 60 },
  );
});
