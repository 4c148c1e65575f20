import { crc32, deflateSync } from 'node:zlib';
import { decodePng, isPng } from '../../../../src/data/pictures/png.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Colour type: samples a pixel, allowed depths. */
const COLOURS = [
  [0, 1, [1, 2, 4, 8, 16]],
  [2, 3, [8, 16]],
  [3, 1, [1, 2, 4, 8]],
  [4, 2, [8, 16]],
  [6, 4, [8, 16]],
] as const;
/** Adam7 passes: first x, first y, step x, step y. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Chunk {
  type: string;
  data: Buffer;
  length?: number;
  crc?: number;
}

const ceil = (a: number, step: number) => Math.max(0, Math.ceil(a / step));

/** Random scanlines of one picture or pass, each with its filter. */
function scanlines(width: number, height: number, bits: number, dice: Dice): Buffer {
  if (width === 0 || height === 0) return Buffer.alloc(0);
  const rows = Array.from({ length: height }, () => {
    const row = dice.bytes(1 + Math.ceil((width * bits) / 8));
    row[0] = dice.below(5);
    return row;
  });
  return Buffer.concat(rows);
}

function randomPng(dice: Dice): { chunks: Chunk[]; width: number; height: number } {
  const [type, samples, depths] = dice.pick(COLOURS);
  const depth = dice.pick<number>(depths);
  const [width, height] = [dice.between(1, 20), dice.between(1, 20)];
  const interlaced = dice.oneIn(3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type, 0, 0, interlaced ? 1 : 0], 8);
  const passes = interlaced ? PASSES : [[0, 0, 1, 1] as const];
  const raw = passes.map(([x, y, dx, dy]) =>
    scanlines(ceil(width - x, dx), ceil(height - y, dy), samples * depth, dice),
  );
  const chunks: Chunk[] = [{ type: 'IHDR', data: header }];
  if (type === 3) chunks.push({ type: 'PLTE', data: dice.bytes(3 * 2 ** depth) });
  if (dice.oneIn(4) && (type === 0 || type === 3))
    chunks.push({
      type: 'tRNS',
      data: type === 0 ? Buffer.from([0, dice.below(2 ** Math.min(8, depth))]) : dice.bytes(1),
    });
  if (dice.oneIn(4)) chunks.push({ type: 'tEXt', data: Buffer.from('Comment\0x') });
  const packed = deflateSync(Buffer.concat(raw), { level: 1 });
  const at = dice.below(packed.length);
  chunks.push({ type: 'IDAT', data: packed.subarray(0, at) }, { type: 'IDAT', data: packed.subarray(at) });
  chunks.push({ type: 'IEND', data: Buffer.alloc(0) });
  return { chunks, width, height };
}

function fileOf(chunks: readonly Chunk[]): Buffer {
  const parts = chunks.map(({ type, data, length = data.length, crc }) => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(length >>> 0);
    head.write(type, 4, 'latin1');
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc ?? crc32(Buffer.concat([head.subarray(4), data])));
    return Buffer.concat([head, data, sum]);
  });
  return Buffer.concat([SIGNATURE, ...parts]);
}

type Edit = (chunks: Chunk[], dice: Dice) => void;

/** Changes with right checksums, unless the checksum is what changes. */
const EDITS: readonly Edit[] = [
  (chunks, dice) => {
    const chunk = dice.pick(chunks);
    chunk.data = mutateBytes(chunk.data, dice);
  },
  (chunks, dice) =>
    void Object.assign(dice.pick(chunks), {
      type: dice.pick(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'XXXX', 'abcd']),
    }),
  (chunks, dice) => void Object.assign(dice.pick(chunks), { length: dice.oddNumber() >>> 0 }),
  (chunks, dice) => void Object.assign(dice.pick(chunks), { crc: dice.below(2 ** 32) }),
  (chunks, dice) => void chunks.splice(dice.below(chunks.length), 1),
  (chunks, dice) => void chunks.splice(dice.below(chunks.length), 0, dice.pick(chunks)),
  (chunks, dice) => void chunks.push(...chunks.splice(dice.below(chunks.length), 1)),
  // Another size, depth or kind in the header than the data have.
  (chunks, dice) => {
    const header = Buffer.from(chunks[0]?.data ?? []);
    if (header.length !== 13) return;
    if (dice.oneIn(2))
      header.writeUInt32BE(dice.oneIn(2) ? dice.between(0, 64) : dice.oddNumber() >>> 0, dice.pick([0, 4]));
    else header[dice.between(8, 12)] = dice.oneIn(2) ? dice.below(8) : dice.below(256);
    chunks[0].data = header;
  },
  // More data than the picture takes, up to a bomb.
  (chunks, dice) => {
    const data = deflateSync(Buffer.alloc(dice.pick([10, 1000, 100_000, 3_000_000])), { level: 1 });
    const at = chunks.findIndex(({ type }) => type === 'IDAT');
    if (at >= 0) chunks.splice(at, dice.pick([0, 1, 2]), { type: 'IDAT', data });
  },
];

/** PNG pictures of every kind: chunks, headers, packed data. */
export const png: Target = {
  name: 'png',
  run(dice): Outcome {
    const { chunks, width, height } = randomPng(dice);
    const whole = dice.oneIn(20);
    for (let left = whole ? 0 : dice.between(1, 3); left > 0; left--)
      if (chunks.length > 0) dice.pick(EDITS)(chunks, dice);
    let bytes = fileOf(chunks);
    if (!whole && dice.oneIn(3)) bytes = mutateBytes(bytes, dice);
    if (!isPng(bytes)) return 'refused';
    try {
      const picture = decodePng(bytes, 'p.png');
      check(picture.pixels.length === picture.width * picture.height * 3, 'pixels of another number');
      check(!whole || (picture.width === width && picture.height === height), 'another size');
      return 'accepted';
    } catch (error) {
      check(!whole, `a whole PNG was refused: ${(error as Error).message}`);
      return refusal(error, ['data']);
    }
  },
};
