import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../../errors.js';
import { Stream, streamKey } from '../../rng.js';
import type { LabelledSource } from '../../train/step.js';

/** Images that the steps cycle through: more than any cache holds. */
export const BENCH_IMAGES = 8192;
const IMAGE_BYTES = 3072;
const FILE = 'data_batch_1.bin';

type Allocate = ((bytes: number) => Uint8Array) | undefined;

/** Images to measure on: of CIFAR-10's first binary file in `folder`, or noise. */
export async function benchSource(folder: string | undefined, allocate: Allocate): Promise<LabelledSource> {
  const bytes = BENCH_IMAGES * IMAGE_BYTES;
  const images = allocate?.(bytes) ?? new Uint8Array(bytes);
  const labels = folder === undefined ? fillWithNoise(images) : await fillFrom(folder, images);
  return { images, labels, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
}

/** The time of a step does not depend on what images show, but for the share of dead ReLUs. */
function fillWithNoise(images: Uint8Array): Uint8Array {
  const stream = new Stream(streamKey(0, 'bench'));
  const words = new Uint32Array(4096).map(() => stream.word());
  const tile = new Uint8Array(words.buffer);
  for (let at = 0; at < images.length; at += tile.length)
    images.set(tile.subarray(0, images.length - at), at);
  return Uint8Array.from({ length: BENCH_IMAGES }, () => stream.below(10));
}

/** Records of the file are a label and the image's planes. */
async function fillFrom(folder: string, images: Uint8Array): Promise<Uint8Array> {
  const file = path.join(folder, FILE);
  const records = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw notData(`${folder} without a readable ${FILE} (${cause.code})`);
  });
  const size = IMAGE_BYTES + 1;
  if (records.length < BENCH_IMAGES * size) throw notData(`${file} of ${records.length} bytes`);
  const labels = new Uint8Array(BENCH_IMAGES);
  for (let i = 0; i < BENCH_IMAGES; i++) {
    labels[i] = records[i * size];
    images.set(records.subarray(i * size + 1, (i + 1) * size), i * IMAGE_BYTES);
  }
  return labels;
}

function notData(got: string): BayescnnError {
  return new BayescnnError('data', `--data: expected a folder of CIFAR-10's binary files, got ${got}`, {
    hint: 'unpack cifar-10-binary.tar.gz and give its folder, or leave --data out',
  });
}
