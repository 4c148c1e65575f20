import { decodeCheckpoint, encodeCheckpoint } from '../../../../src/results/index.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-json.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

const array = (shape: number[], salt: number) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(salt + i)),
});

function sample(epoch: number): Buffer {
  const checkpoint = {
    weights: { 'conv1.weight_mu': array([2, 3, 3, 3], epoch), 'fc3.bias': array([10], epoch + 0.5) },
    optimizer: { 'fc3.bias.momentum': array([10], epoch + 0.25) },
    counters: { epoch, step: 10 * epoch, seed: 0 },
    meta: { model: { architecture: 'lenet', bayesian: 'conv' }, parameters: 64 },
  };
  return Buffer.from(encodeCheckpoint(checkpoint));
}

const FILES = [sample(1), sample(2)];
const headerEnd = (file: Buffer): number => 8 + Number(file.readBigUInt64LE(0));

type Attack = (dice: Dice) => Buffer;

const ATTACKS: readonly Attack[] = [
  (dice) => mutateBytes(FILES[0], dice),
  // Only the header's structure: the rest, the checksums too, stays as it was.
  (dice) => {
    const file = FILES[0];
    const json = JSON.parse(file.toString('utf8', 8, headerEnd(file))) as unknown;
    return withHeader(Buffer.from(mutateJson(json, dice)), file.subarray(headerEnd(file)));
  },
  // Two files, each whole, mixed up: as after a copy that was torn.
  (dice) => {
    const [a, b] = dice.oneIn(2) ? FILES : [...FILES].reverse();
    const at = dice.oneIn(2) ? headerEnd(a) : dice.below(a.length);
    return Buffer.concat([a.subarray(0, at), b.subarray(at)]);
  },
  // Tensors' bytes change places.
  (dice) => {
    const file = Buffer.from(FILES[0]);
    const from = headerEnd(file) + 4 * dice.below(60);
    const to = headerEnd(file) + 4 * dice.below(60);
    FILES[0].copy(file, to, from, from + 4 * dice.between(1, 10));
    return file;
  },
];

export function withHeader(header: Buffer, data: Uint8Array): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, data]);
}

/** A damaged checkpoint is refused or loads the exact values of a whole one. */
export const checkpoint: Target = {
  name: 'checkpoint',
  run(dice): Outcome {
    const file = dice.pick(ATTACKS)(dice);
    try {
      const { path: _path, sha256: _sha256, ...loaded } = decodeCheckpoint(file, 'x.safetensors');
      const again = Buffer.from(encodeCheckpoint(loaded));
      check(
        FILES.some((whole) => whole.equals(again)),
        'a damaged checkpoint loaded other values',
      );
      return 'accepted';
    } catch (error) {
      return refusal(error, ['data']);
    }
  },
};
