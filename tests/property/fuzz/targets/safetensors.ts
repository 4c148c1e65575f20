import { createHash } from 'node:crypto';
import { readSafetensors, type Tensor, writeSafetensors } from '../../../../src/results/index.js';
import { DTYPES, type Dtype } from '../../../../src/results/safetensors-types.js';
import type { Dice } from '../dice.js';
import { mutateJson } from '../mutate-json.js';
import { check, type Outcome, refusal, type Target } from '../target.js';
import { withHeader } from './checkpoint.js';

const NAMES = ['w', 'b', '10', 'optimizer.w', 'ü', '__proto__', 'constructor', ''];

function randomTensors(dice: Dice): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = Object.create(null);
  for (let left = dice.below(5); left > 0; left--) {
    const dtype = dice.pick(Object.keys(DTYPES) as Dtype[]);
    const shape = Array.from({ length: dice.below(4) }, () => dice.below(4));
    const size = shape.reduce((a, b) => a * b, 1) * DTYPES[dtype].BYTES_PER_ELEMENT;
    const data = new DTYPES[dtype](Uint8Array.from(dice.bytes(size)).buffer);
    tensors[dice.pick(NAMES)] = { dtype, shape, data } as Tensor;
  }
  return tensors;
}

/** The header's text with checksums that fit: an attacker could make them, an accident could not. */
function signed(text: string, data: Buffer): string {
  const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
  const withData = text.replace(/"sha256":"[0-9a-f]{64}"/, `"sha256":"${digest(data)}"`);
  const blank = withData.replace(/"header_sha256":"[0-9a-f]{64}"/, `"header_sha256":"${'0'.repeat(64)}"`);
  return blank.replace(/"header_sha256":"0{64}"/, `"header_sha256":"${digest(blank)}"`);
}

const bytesOf = ({ data }: Tensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** What the format says of a file, read as plainly as can be: each tensor's bytes lie where its offsets say. */
function checkAgainstFormat(text: string, data: Buffer, tensors: Record<string, Tensor>): void {
  const header = JSON.parse(text) as Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  check(names.sort().join() === Object.keys(tensors).sort().join(), 'other tensors than the header names');
  const owners = new Uint8Array(data.length);
  for (const name of names) {
    const { shape, data_offsets } = header[name];
    const [begin, end] = data_offsets;
    check(begin >= 0 && begin <= end && end <= data.length, `offsets of ${name} outside of the data`);
    check(bytesOf(tensors[name]).equals(data.subarray(begin, end)), `other bytes of ${name}`);
    check(JSON.stringify(tensors[name].shape) === JSON.stringify(shape), `another shape of ${name}`);
    check(tensors[name].data.length === shape.reduce((a, b) => a * b, 1), `another length of ${name}`);
    for (let at = begin; at < end; at++) owners[at]++;
  }
  check(
    owners.every((count) => count === 1),
    'a byte of no tensor, or of two',
  );
}

/** Files that were made to deceive: any header, any data, with or without right checksums. */
export const safetensors: Target = {
  name: 'safetensors',
  run(dice): Outcome {
    const file = Buffer.from(writeSafetensors(randomTensors(dice), { note: 'x' }));
    const end = 8 + Number(file.readBigUInt64LE(0));
    let data = file.subarray(end);
    if (dice.oneIn(4)) data = Buffer.concat([data, dice.bytes(dice.below(9))]).subarray(dice.below(3));
    const header = JSON.parse(file.toString('utf8', 8, end)) as unknown;
    const text = dice.oneIn(20) ? JSON.stringify(header) : mutateJson(header, dice);
    const forged = dice.oneIn(4) ? text.replace(/"header_sha256":"[^"]*",?/, '') : signed(text, data);
    try {
      const bytes = withHeader(Buffer.from(forged), data);
      const { tensors } = readSafetensors(bytes, 'x', { checksum: dice.oneIn(2) ? 'optional' : 'required' });
      checkAgainstFormat(forged, data, tensors);
      return 'accepted';
    } catch (error) {
      return refusal(error, ['data']);
    }
  },
};
