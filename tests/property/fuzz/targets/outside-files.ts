import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { readOutsideFile } from '../../../../src/data/outside-files/read.js';
import { tarOf } from '../../../unit/data/archives.js';
import { npy } from '../../../unit/data/made-up-npy.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

const IMAGE_BYTES = 3072;
/** 100,000 images, the most that are read. */
const MOST_BYTES = 100_000 * IMAGE_BYTES;

/** A case's file before the last mutation, of planar images; `mutate` changes what is packed inside. */
type Make = (images: Buffer, dice: Dice, mutate: (bytes: Buffer) => Buffer) => Buffer;

/** An element of a MATLAB 5 file: type, length, data padded to eight bytes. */
function element(type: number, data: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc(-data.length & 7)]);
}

/** The uint8 matrix `name` of these dimensions. */
function matrix(name: string, dimensions: readonly number[], data: Buffer): Buffer {
  const flags = Buffer.of(9, 0, 0, 0, 0, 0, 0, 0);
  const sizes = Buffer.from(Int32Array.from(dimensions).buffer);
  const parts = [element(6, flags), element(5, sizes), element(1, Buffer.from(name)), element(2, data)];
  return element(14, Buffer.concat(parts));
}

/** Rows and columns change places: MATLAB's arrays are column-major. */
function columnMajor(images: Buffer): Buffer {
  return Buffer.from(images.map((_, i) => images[(i & ~1023) + (i & 31) * 32 + ((i >> 5) & 31)]));
}

const matlab: Make = (images, dice, mutate) => {
  const head = Buffer.alloc(128, ' ');
  head.write('MATLAB 5.0 MAT-file', 'latin1');
  head.writeUInt16LE(0x0100, 124);
  head.write('IM', 126);
  const variables = [matrix('X', [32, 32, 3, images.length / IMAGE_BYTES], columnMajor(images))];
  if (dice.oneIn(2)) variables.unshift(matrix('y', [2, 1], Buffer.of(1, 2)));
  const packed = dice.oneIn(2);
  return Buffer.concat([
    head,
    ...variables.map((variable) => {
      const bytes = mutate(variable);
      if (!packed) return bytes;
      const small = deflateSync(bytes, { level: 1 });
      const tag = Buffer.alloc(8);
      tag.writeUInt32LE(15, 0);
      tag.writeUInt32LE(small.length, 4);
      return Buffer.concat([tag, small]);
    }),
  ]);
};

const numpy: Make = (images, _dice, mutate) =>
  mutate(npy('|u1', [images.length / IMAGE_BYTES, 3, 32, 32], images));

const cifar100: Make = (images, dice, mutate) => {
  const records = Array.from({ length: images.length / IMAGE_BYTES }, (_, i) =>
    Buffer.concat([
      Buffer.of(dice.below(20), dice.below(100)),
      images.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES),
    ]),
  );
  const members = [
    { path: 'cifar-100-binary/fine_label_names.txt', content: Buffer.from('apple\n') },
    { path: 'cifar-100-binary/test.bin', content: mutate(Buffer.concat(records)) },
  ];
  return gzipSync(tarOf(members), { level: 1 });
};

/** Images of other data sets: MATLAB matrices, .npy arrays, CIFAR-100's archive. */
export const outsideFiles: Target = {
  name: 'outside-files',
  async run(dice, folder): Promise<Outcome> {
    const images = Buffer.alloc(dice.between(1, 2) * IMAGE_BYTES);
    for (let i = 0; i < images.length; i += IMAGE_BYTES / 32) images.fill(dice.below(256), i);
    const [inside, outside] = dice.oneIn(10) ? [false, false] : [dice.oneIn(2), dice.oneIn(2)];
    const make = dice.pick([matlab, numpy, cifar100]);
    const file = path.join(folder, 'images');
    const bytes = make(images, dice, (part) => (inside ? mutateBytes(part, dice) : part));
    writeFileSync(file, outside ? mutateBytes(bytes, dice) : bytes);
    const allocate = (length: number) => {
      check(length <= MOST_BYTES, `${length} bytes of memory`);
      return new Uint8Array(length);
    };
    try {
      const read = await readOutsideFile(file, { allocate });
      check(read.n > 0 && read.images.length === read.n * IMAGE_BYTES, 'a part of an image');
      if (!inside && !outside) check(images.equals(read.images), 'other pixels');
      return 'accepted';
    } catch (error) {
      if (!inside && !outside) check(false, `a whole file was refused: ${String(error)}`);
      return refusal(error, ['data']);
    }
  },
};
