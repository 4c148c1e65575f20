import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type DecodedMember, encodeFooter } from '../../../src/data/cache/decoded-format.js';
import { readDecoded } from '../../../src/data/cache/decoded-read.js';
import { IMAGE_BYTES } from '../../../src/data/dataset.js';
import { CLASS_NAMES, RECORD_MEMBERS, temporaryFolder } from './support.js';

const SHA256 = 'b'.repeat(64);
/** Images of each member around the 1 MiB that is read at a time (341.3 images), and around several of them. */
const COUNTS = [1, 341, 342, 1365, 1366, 683];

/** Bytes without a pattern that slices in another order would repeat. */
function noise(length: number, seed: number): Buffer {
  let state = seed + 1;
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A decoded file: all pixels, then all labels. */
function decodedFile() {
  const pixels = COUNTS.map((count, i) => noise(count * IMAGE_BYTES, i));
  const labels = COUNTS.map((count, i) => noise(count, 100 + i));
  let at = 0;
  const place = (bytes: Uint8Array) => {
    at += bytes.length;
    return at - bytes.length;
  };
  const imagesAt = pixels.map(place);
  const labelsAt = labels.map(place);
  const members: DecodedMember[] = COUNTS.map((records, i) => ({
    name: RECORD_MEMBERS[i],
    records,
    imagesAt: imagesAt[i],
    labelsAt: labelsAt[i],
    imagesCrc: crc32(pixels[i]),
    labelsCrc: crc32(labels[i]),
  }));
  const footer = encodeFooter({ sha256: SHA256, classNames: CLASS_NAMES, members });
  const file = path.join(temporaryFolder(), 'decoded');
  const content = Buffer.concat([...pixels, ...labels, footer]);
  writeFileSync(file, content);
  return { file, content, pixels, labels, members };
}

const allocate = (bytes: number) => new Uint8Array(bytes);

describe('readDecoded', () => {
  it('puts slices of all sizes where they belong', async () => {
    const { file, pixels, labels } = decodedFile();
    const decoded = await readDecoded(file, SHA256, { allocate });
    expect(decoded?.classNames).toEqual(CLASS_NAMES);
    expect(Buffer.concat(pixels.slice(0, 5)).equals(decoded?.train.images as Uint8Array)).toBe(true);
    expect(Buffer.concat(labels.slice(0, 5)).equals(decoded?.train.labels as Uint8Array)).toBe(true);
    expect(pixels[5].equals(decoded?.test.images as Uint8Array)).toBe(true);
    expect(labels[5].equals(decoded?.test.labels as Uint8Array)).toBe(true);
  });

  it('names the member of which a byte is wrong, in its first slice or its last', async () => {
    const { file, content, members } = decodedFile();
    for (const [i, { name, imagesAt, labelsAt, records }] of members.entries()) {
      const places = [imagesAt, imagesAt + records * IMAGE_BYTES - 1, labelsAt + records - 1];
      for (const [k, at] of places.entries()) {
        const bad = Buffer.from(content);
        bad[at] ^= 1;
        writeFileSync(file, bad);
        const what = `the checksum of the ${k < 2 ? 'images' : 'labels'} of ${name} is wrong`;
        await expect(readDecoded(file, SHA256, { allocate }), `${i} ${at}`).rejects.toThrow(what);
      }
    }
  });
});
