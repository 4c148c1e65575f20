import type { Dice } from './dice.js';

const INTERESTING = [0, 1, 9, 10, 0x1f, 0x20, 0x22, 0x2c, 0x5b, 0x7b, 0x7d, 0x7f, 0x80, 0xd8, 0xfe, 0xff];

type Step = (bytes: Buffer, dice: Dice) => Buffer;

const place = (bytes: Buffer, dice: Dice): number => dice.below(bytes.length + 1);

/** A start and an end inside the bytes, mostly near each other. */
function range(bytes: Buffer, dice: Dice): [number, number] {
  const from = place(bytes, dice);
  return [from, Math.min(bytes.length, from + dice.below(2 ** dice.between(0, 10)))];
}

const STEPS: readonly Step[] = [
  // A bit, a byte, a word.
  (bytes, dice) => edited(bytes, dice, (copy, at) => copy.writeUInt8(copy[at] ^ (1 << dice.below(8)), at)),
  (bytes, dice) => edited(bytes, dice, (copy, at) => copy.writeUInt8(dice.pick(INTERESTING), at)),
  (bytes, dice) => edited(bytes, dice, (copy, at) => void dice.bytes(4).copy(copy, at)),
  // Less.
  (bytes, dice) => bytes.subarray(0, place(bytes, dice)),
  (bytes, dice) => {
    const [from, to] = range(bytes, dice);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  // More: a part twice, and noise or zeros anywhere.
  (bytes, dice) => {
    const [from, to] = range(bytes, dice);
    const at = place(bytes, dice);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, to), bytes.subarray(at)]);
  },
  (bytes, dice) => {
    const at = place(bytes, dice);
    const added = dice.oneIn(2) ? Buffer.alloc(dice.below(2000)) : dice.bytes(dice.below(30));
    return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
  },
  // A part in the place of another.
  (bytes, dice) => {
    const [from, to] = range(bytes, dice);
    return edited(bytes, dice, (copy, at) => bytes.copy(copy, at, from, to));
  },
];

function edited(bytes: Buffer, dice: Dice, edit: (copy: Buffer, at: number) => void): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) edit(copy, dice.below(copy.length));
  return copy;
}

/** The bytes after one to four small accidents. */
export function mutateBytes(bytes: Buffer, dice: Dice): Buffer {
  let result = bytes;
  for (let left = dice.between(1, 4); left > 0; left--) result = dice.pick(STEPS)(result, dice);
  return result;
}
