import { expect, it } from 'vitest';
import {
  type DecodedFooter,
  decodeFooter,
  encodeFooter,
  TRAILER_BYTES,
} from '../../../src/data/cache/decoded-format.js';
import { CLASS_NAMES, RECORD_MEMBERS } from './archives.js';

/** Two records in each member. */
const BYTES = 6 * 2 * 3073;
const footer = (): DecodedFooter => ({
  sha256: 'a'.repeat(64),
  classNames: CLASS_NAMES,
  members: RECORD_MEMBERS.map((name, i) => ({
    name,
    records: 2,
    imagesAt: i * 6144,
    labelsAt: 6 * 6144 + 2 * i,
    imagesCrc: 1,
    labelsCrc: 0xffffffff,
  })),
});

/** Reads back a footer whose checksum is right, whatever it says. */
function decode(value: unknown, bytes = BYTES): DecodedFooter | undefined {
  const encoded = encodeFooter(value as DecodedFooter);
  return decodeFooter(encoded.subarray(0, -TRAILER_BYTES), encoded.subarray(-TRAILER_BYTES), bytes);
}

it('reads back what it wrote', () => {
  expect(decode(footer())).toEqual(footer());
});

it.each<[string, (f: DecodedFooter) => unknown]>([
  ['null', () => null],
  ['no members', ({ members: _, ...rest }) => rest],
  ['one member less', (f) => ({ ...f, members: f.members.slice(1) })],
  ['members in another order', (f) => ({ ...f, members: [...f.members].reverse() })],
  ['nine names', (f) => ({ ...f, classNames: f.classNames.slice(1) })],
  ['names that are numbers', (f) => ({ ...f, classNames: f.classNames.map((_, i) => i) })],
  ['other counts', (f) => ({ ...f, members: f.members.map((member) => ({ ...member, records: 3 })) })],
  ['parts of images', (f) => ({ ...f, members: f.members.map((member) => ({ ...member, records: 2.5 })) })],
  [
    'places after the end',
    (f) => ({ ...f, members: f.members.map((member) => ({ ...member, imagesAt: BYTES })) }),
  ],
  [
    'places before the start',
    (f) => ({ ...f, members: f.members.map((member) => ({ ...member, labelsAt: -1 })) }),
  ],
])('does not believe a footer with %s', (_, change) => {
  expect(decode(change(footer()))).toBeUndefined();
});

it('does not believe a footer of a longer or shorter file', () => {
  for (const bytes of [BYTES - 1, BYTES + 1, 0]) expect(decode(footer(), bytes)).toBeUndefined();
});
