import jpegJs from 'jpeg-js';
import { decodeJpeg, isJpeg } from '../../../../src/data/pictures/jpeg.js';
import { BASELINE, PROGRESSIVE } from '../../../unit/data/jpegs.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

/** Blocks of a JPEG: a marker's code and what follows it; pictures' data belong to their scan's block. */
interface Block {
  code: number;
  data: Buffer;
}

const SOI = Buffer.from([0xff, 0xd8]);
const CODES = [
  0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc8, 0xcc, 0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdd, 0xe0, 0xe1, 0xee, 0xfe,
  1,
];

function made(width: number, height: number, quality: number): Buffer {
  const data = Buffer.from({ length: width * height * 4, 0: 0 } as ArrayLike<number>).map(
    (_, i) => (i * i) % 251,
  );
  return jpegJs.encode({ width, height, data }, quality).data;
}

const FILES: Buffer[] = [BASELINE, PROGRESSIVE]
  .map((text): Buffer => Buffer.from(text, 'base64'))
  .concat(made(17, 9, 40), made(1, 1, 90));

/** Cut at each marker; 0 and restart marks after 0xff belong to a scan's data. */
function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let from = 2; from < file.length; ) {
    const code = file[from + 1];
    let end = code === 0xd9 ? from + 2 : from + 2 + file.readUInt16BE(from + 2);
    const inScan = (): boolean =>
      file[end] !== 0xff || file[end + 1] === 0 || (file[end + 1] & 0xf8) === 0xd0;
    if (code === 0xda) while (end < file.length && inScan()) end++;
    blocks.push({ code, data: file.subarray(from + 2, end) });
    from = end;
  }
  return blocks;
}

const WHOLE = FILES.map(blocksOf);
const fileOf = (blocks: readonly Block[]): Buffer =>
  Buffer.concat([SOI, ...blocks.map(({ code, data }) => Buffer.concat([Buffer.from([0xff, code]), data]))]);

type Edit = (blocks: Block[], dice: Dice) => void;

const EDITS: readonly Edit[] = [
  (blocks, dice) => {
    const block = dice.pick(blocks);
    block.data = mutateBytes(block.data, dice);
  },
  // One byte of a block, its length kept: sizes, sampling factors, tables, scan parameters.
  (blocks, dice) => {
    const block = dice.pick(blocks);
    const data = Buffer.from(block.data);
    if (data.length > 2)
      data[dice.between(2, Math.min(data.length - 1, 30))] = dice.oneIn(2) ? dice.below(256) : dice.below(5);
    block.data = data;
  },
  (blocks, dice) =>
    void Object.assign(dice.pick(blocks), { code: dice.oneIn(3) ? dice.below(256) : dice.pick(CODES) }),
  (blocks, dice) => void blocks.splice(dice.below(blocks.length), 1),
  (blocks, dice) => void blocks.splice(dice.below(blocks.length), 0, { ...dice.pick(blocks) }),
  (blocks, dice) => void blocks.push(...blocks.splice(dice.below(blocks.length), 1)),
  // A part of another file.
  (blocks, dice) => void blocks.splice(dice.below(blocks.length), 1, { ...dice.pick(dice.pick(WHOLE)) }),
  // Restart intervals, and marks where none are announced.
  (blocks, dice) =>
    void blocks.splice(dice.below(blocks.length), 0, {
      code: 0xdd,
      data: Buffer.from([0, 4, 0, dice.below(4)]),
    }),
  // Huge sizes in the frame's header.
  (blocks, dice) => {
    const frame = blocks.find(({ code, data }) => (code & 0xf0) === 0xc0 && code !== 0xc4 && data.length > 8);
    if (frame === undefined) return;
    const data = Buffer.from(frame.data);
    data.writeUInt16BE(dice.oneIn(2) ? dice.below(65_536) : dice.below(300), dice.pick([3, 5]));
    frame.data = data;
  },
];

/** JPEG pictures: frames, tables, scans and their bits. */
export const jpeg: Target = {
  name: 'jpeg',
  run(dice): Outcome {
    const blocks = dice.pick(WHOLE).map((block) => ({ ...block }));
    for (let left = dice.below(4); left > 0; left--) if (blocks.length > 0) dice.pick(EDITS)(blocks, dice);
    let bytes = fileOf(blocks);
    const whole = FILES.some((file) => file.equals(bytes));
    if (!whole && dice.oneIn(3)) bytes = mutateBytes(bytes, dice);
    if (!isJpeg(bytes)) return 'refused';
    try {
      const { width, height, pixels } = decodeJpeg(bytes, 'p.jpg');
      check(width > 0 && height > 0 && pixels.length === width * height * 3, 'pixels of another number');
      return 'accepted';
    } catch (error) {
      check(!whole, `a whole JPEG was refused: ${(error as Error).message}`);
      return refusal(error, ['data']);
    }
  },
};
