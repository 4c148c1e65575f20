import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { Pax } from 'tar';
import { readArchive } from '../../../../src/data/archive/read.js';
import {
  type Member,
  makeRecords,
  RECORD_MEMBERS,
  tarOf,
  validMembers,
} from '../../../unit/data/archives.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

const FOLDER = 'cifar-10-batches-bin';
const TAR_MOST = 4_000_000;

/** [offset, length] of header fields: name, mode, size, checksum, type, link name, magic, owner, prefix. */
const FIELDS = [
  [0, 100],
  [100, 8],
  [124, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [265, 32],
  [329, 8],
  [345, 155],
] as const;
const TYPES = [
  '0',
  '\0',
  '1',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  'S',
  'D',
  'K',
  'L',
  'M',
  'N',
  'V',
  'X',
  'g',
  'x',
  'z',
];
const PATHS = [
  '../x',
  '/etc/x',
  'C:\\x',
  'a/../../x',
  `${FOLDER}/../x`,
  './././x',
  `${FOLDER}//test_batch.bin`,
  'a\0b',
  '',
  `./${FOLDER}/test_batch.bin`,
  `${FOLDER}/Test_batch.bin`,
  'x'.repeat(99),
  'ü',
  '..',
  '.',
  `${FOLDER}\\..\\x`,
];
const SIZES = ['-1', '+7', '0x10', '99999999999', '77777777777', '', ' ', '1e3', '0', '3073', '9'.repeat(30)];
const PAX_KEYS = [
  'path',
  'size',
  'linkpath',
  'mtime',
  'GNU.sparse.map',
  'GNU.sparse.major',
  'GNU.sparse.realsize',
  'GNU.sparse.name',
  'hdrcharset',
  'comment',
  'SCHILY.xattr.x',
  '__proto__',
  'type',
  'charset',
];

type Edit = (members: Member[], dice: Dice) => void;

/** A pax header block that says `key=value` of the member after it, or of all when global. */
function pax(dice: Dice): Member {
  const key = dice.pick(PAX_KEYS);
  const value = key === 'size' ? dice.pick(SIZES) : dice.pick([...PATHS, '0,512,1024,512', '1', '1e999']);
  let content: Buffer = Buffer.from(
    `${String(key.length + value.length + 5).padStart(2)} ${key}=${value}\n`.replace(/^ /, ''),
  );
  const right = new Pax({ path: value }).encodeBody();
  if (dice.oneIn(3) && key === 'path' && right !== '') content = Buffer.from(right);
  if (dice.oneIn(4)) content = mutateBytes(content, dice);
  if (dice.oneIn(20)) content = Buffer.alloc(dice.pick([65_536, 70_000, 200_000]), 'a');
  return { path: 'PaxHeader/x', type: dice.oneIn(4) ? 'GlobalExtendedHeader' : 'ExtendedHeader', content };
}

const EDITS: readonly Edit[] = [
  // A field of one header, with a right checksum.
  (members, dice) => {
    const [at, length] = dice.pick(FIELDS);
    const bytes = dice.oneIn(2) ? dice.bytes(dice.between(1, length)) : Buffer.from(dice.pick(SIZES));
    dice.pick(members).edit = (block) => block.set(bytes.subarray(0, length), at);
  },
  (members, dice) => {
    const type = dice.pick(TYPES);
    dice.pick(members).edit = (block) => block.write(type, 156, 'latin1');
  },
  (members, dice) => void Object.assign(dice.pick(members), { path: dice.pick(PATHS) }),
  // Sizes that lie: octal, and in base 256, negative and huge ones.
  (members, dice) => void Object.assign(dice.pick(members), { size: Math.abs(dice.oddNumber()) % 2 ** 33 }),
  (members, dice) => {
    const bytes = dice.bytes(12);
    bytes[0] = dice.pick([0x80, 0xff]);
    if (dice.oneIn(2)) bytes.fill(0, 1, 8);
    dice.pick(members).edit = (block) => block.set(bytes, 124);
  },
  // Order, doubles, gaps.
  (members, dice) => void members.splice(dice.below(members.length), 1),
  (members, dice) => void members.splice(dice.below(members.length), 0, dice.pick(members)),
  (members, dice) => void members.push(...members.splice(dice.below(members.length), 1)),
  // Contents: bad labels, parts of records, names.
  (members, dice) => {
    const member = dice.pick(members);
    member.content = mutateBytes(Buffer.from(member.content), dice);
  },
  (members, dice) =>
    void Object.assign(dice.pick(members), { content: makeRecords(dice.below(4), dice.below(256)) }),
  (members, dice) => void members.splice(dice.below(members.length + 1), 0, pax(dice)),
  (members, dice) => {
    const content = Buffer.from(`${dice.pick(PATHS)}\0`);
    const type = dice.pick(['NextFileHasLongPath', 'NextFileHasLongLinkpath', 'OldGnuLongPath']);
    members.splice(dice.below(members.length + 1), 0, { path: '././@LongLink', type, content });
  },
  (members, dice) => {
    const extra = {
      path: `${FOLDER}/${dice.below(100)}`,
      content: Buffer.alloc(dice.pick([0, 1, 511, 512, 513, 3000])),
    };
    for (let left = dice.pick([1, 2, 70]); left > 0; left--)
      members.splice(dice.below(members.length + 1), 0, { ...extra, path: `${extra.path}-${left}` });
  },
];

function mutatedTar(dice: Dice): Buffer {
  const members = validMembers(1).map((member) => ({ ...member }));
  for (let left = dice.below(3); left > 0; left--) if (members.length > 0) dice.pick(EDITS)(members, dice);
  const tar = tarOf(members, !dice.oneIn(10));
  if (dice.oneIn(5)) return mutateBytes(tar, dice);
  if (dice.oneIn(20)) return Buffer.concat([tar, dice.oneIn(2) ? tar : Buffer.from('rest')]);
  return tar;
}

/** A gzip member by hand: any flags, extra fields, checksum and length. */
function gzipByHand(tar: Buffer, dice: Dice): Buffer {
  const flags = dice.oneIn(3) ? dice.below(256) : dice.pick([0, 2, 4, 8, 16, 30]);
  const parts: Buffer[] = [
    Buffer.from([0x1f, 0x8b, dice.oneIn(20) ? dice.below(256) : 8, flags, 0, 0, 0, 0, 0, 255]),
  ];
  if (flags & 4) parts.push(Buffer.from([3, 0]), dice.bytes(3));
  if (flags & 8) parts.push(Buffer.from('../name\0'));
  if (flags & 16) parts.push(Buffer.from('comment\0'));
  if (flags & 2) parts.push(dice.bytes(2));
  const end = Buffer.alloc(8);
  end.writeUInt32LE(dice.oneIn(4) ? dice.below(2 ** 32) : crc32(tar), 0);
  end.writeUInt32LE(dice.oneIn(4) ? dice.below(2 ** 32) : tar.length, 4);
  return Buffer.concat([...parts, deflateRawSync(tar, { level: 1 }), end]);
}

function packed(tar: Buffer, dice: Dice): Buffer {
  switch (dice.below(12)) {
    case 0:
      return mutateBytes(gzipSync(tar, { level: 1 }), dice);
    case 1:
      return gzipByHand(tar, dice);
    case 2: {
      // Several gzip members, which count as one stream, and what may follow the last.
      const at = dice.below(tar.length + 1);
      const parts: Buffer[] = [tar.subarray(0, at), tar.subarray(at)].map((part) =>
        gzipSync(part, { level: 1 }),
      );
      return Buffer.concat([
        ...parts,
        dice.pick([Buffer.alloc(0), Buffer.alloc(10), dice.bytes(10), parts[0]]),
      ]);
    }
    case 3:
      return dice.oneIn(3) ? gzipSync(gzipSync(tar, { level: 1 }), { level: 1 }) : tar;
    case 4:
      // Zeros pack a thousandfold: all that follow the end, or a member that says it is long.
      return gzipSync(Buffer.concat([tar, Buffer.alloc(dice.pick([1e5, 2e6]))]), { level: 1 });
    default:
      return gzipSync(tar, { level: 1 });
  }
}

/** Whatever was accepted lies in the archive as it was handed out: six members, whole records, labels 0 to 9. */
function checkRecords(bytes: Buffer, records: ReadonlyMap<string, Buffer>): void {
  const tar = gunzipSync(bytes, { maxOutputLength: TAR_MOST });
  check(
    [...records.keys()].sort().join() === [...RECORD_MEMBERS].sort().join(),
    'other members than the six',
  );
  for (const [name, block] of records) {
    check(block.length > 0 && block.length % 3073 === 0, `${name}: no whole records`);
    for (let at = 0; at < block.length; at += 3073) check(block[at] < 10, `${name}: label ${block[at]}`);
    const at = tar.indexOf(block);
    check(at >= 0, `${name}: records that are not in the archive`);
  }
}

/** Gzipped tar archives: containers, headers, pax records, contents. */
export const archive: Target = {
  name: 'archive',
  async run(dice, folder): Promise<Outcome> {
    const bytes = packed(mutatedTar(dice), dice);
    const file = path.join(folder, 'a.tar.gz');
    writeFileSync(file, bytes);
    const records = new Map<string, Buffer>();
    try {
      await readArchive(file, {
        records: ({ name }, _first, block) =>
          void records.set(name, Buffer.concat([records.get(name) ?? Buffer.alloc(0), block])),
      });
    } catch (error) {
      return refusal(error, ['data']);
    }
    checkRecords(bytes, records);
    return 'accepted';
  },
};
