import { crc32 } from 'node:zlib';
import { RECORD_MEMBERS } from '../archive/members.js';
import { CLASS_COUNT, IMAGE_BYTES } from '../dataset.js';
import { MAX_RECORDS, RECORD_BYTES } from '../source.js';

/**
 * A decoded archive: the pixels of all members in the order of the archive's stream, then the labels in that
 * order, then a JSON footer, then 16 bytes: footer length, footer CRC-32 (little endian), magic.
 */
export const DECODED_MAGIC = Buffer.from('BCNNDEC1', 'latin1');
export const TRAILER_BYTES = 16;
const MAX_FOOTER_BYTES = 64 * 1024;

/** Where one member's pixels and labels lie in the file. */
export interface DecodedMember {
  readonly name: string;
  readonly records: number;
  readonly imagesAt: number;
  readonly labelsAt: number;
  readonly imagesCrc: number;
  readonly labelsCrc: number;
}

export interface DecodedFooter {
  readonly sha256: string;
  readonly classNames: readonly string[];
  /** In archive order, not in the order of the stream. */
  readonly members: readonly DecodedMember[];
}

/** Footer and trailer as bytes. */
export function encodeFooter(footer: DecodedFooter): Buffer {
  const json = Buffer.from(JSON.stringify(footer));
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32LE(json.length, 0);
  trailer.writeUInt32LE(crc32(json), 4);
  DECODED_MAGIC.copy(trailer, 8);
  return Buffer.concat([json, trailer]);
}

/** The footer's length from the trailer, or undefined when this is none of ours. */
export function footerLength(trailer: Buffer): number | undefined {
  const length = trailer.readUInt32LE(0);
  return trailer.subarray(8).equals(DECODED_MAGIC) && length <= MAX_FOOTER_BYTES ? length : undefined;
}

const isCount = (value: unknown, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** Whether the members are the six of every archive and fill the `bytes` before the footer exactly. */
function fills(members: readonly DecodedMember[], bytes: number): boolean {
  const known = members.map((member) => member?.name).join() === RECORD_MEMBERS.join();
  const inside = ({ records, imagesAt, labelsAt, imagesCrc, labelsCrc }: DecodedMember): boolean =>
    isCount(records, MAX_RECORDS) &&
    isCount(imagesAt, bytes - records * IMAGE_BYTES) &&
    isCount(labelsAt, bytes - records) &&
    isCount(imagesCrc, 0xffffffff) &&
    isCount(labelsCrc, 0xffffffff);
  if (!known || !members.every(inside)) return false;
  return members.reduce((sum, { records }) => sum + records * RECORD_BYTES, 0) === bytes;
}

/**
 * The footer, or undefined when it is not one that `encodeFooter` wrote.
 * @param bytes length of the file before its footer
 */
export function decodeFooter(json: Buffer, trailer: Buffer, bytes: number): DecodedFooter | undefined {
  if (crc32(json) !== trailer.readUInt32LE(4)) return undefined;
  try {
    const footer = JSON.parse(json.toString('utf8')) as DecodedFooter;
    const { sha256, classNames, members } = footer;
    const named = classNames.length === CLASS_COUNT && classNames.every((name) => typeof name === 'string');
    return typeof sha256 === 'string' && named && fills(members, bytes) ? footer : undefined;
  } catch {
    return undefined;
  }
}
