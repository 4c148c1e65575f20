import { crc32 } from 'node:zlib';

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

/** The footer, or undefined when its checksum is wrong. */
export function decodeFooter(json: Buffer, trailer: Buffer): DecodedFooter | undefined {
  return crc32(json) === trailer.readUInt32LE(4) ? JSON.parse(json.toString('utf8')) : undefined;
}
