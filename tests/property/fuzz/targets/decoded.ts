import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { DECODED_MAGIC } from '../../../../src/data/cache/decoded-format.js';
import { DamagedCache, readDecoded } from '../../../../src/data/cache/decoded-read.js';
import { buildDecoded, decodedPath } from '../../../../src/data/cache/decoded-write.js';
import { validMembers, writeArchive } from '../../../unit/data/archives.js';
import type { Dice } from '../dice.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson } from '../mutate-json.js';
import { check, type Outcome, refusal, type Target } from '../target.js';

interface Whole {
  bytes: Buffer;
  sha256: string;
  train: Uint8Array;
  test: Uint8Array;
}

let whole: Whole | undefined;

async function make(folder: string): Promise<Whole> {
  const archive = writeArchive(folder, validMembers(1));
  const { sha256 } = await buildDecoded(folder, archive, () => {}, {});
  const file = decodedPath(folder, sha256);
  const read = await readDecoded(file, sha256, { allocate: (length) => new Uint8Array(length) });
  return { bytes: readFileSync(file), sha256, train: read!.train.images, test: read!.test.images };
}

/** The table of contents changed, its checksum right: nobody's disk does that, but nothing may crash. */
function forged(bytes: Buffer, dice: Dice): Buffer {
  const length = bytes.readUInt32LE(bytes.length - 16);
  const start = bytes.length - 16 - length;
  const footer = JSON.parse(bytes.toString('utf8', start, start + length)) as unknown;
  const json = Buffer.from(mutateJson(footer, dice));
  const trailer = Buffer.alloc(16);
  trailer.writeUInt32LE(json.length, 0);
  trailer.writeUInt32LE(crc32(json), 4);
  DECODED_MAGIC.copy(trailer, 8);
  return Buffer.concat([bytes.subarray(0, start), json, trailer]);
}

/** Decoded archives in the cache: damage is seen, and then the archive is decoded again. */
export const decoded: Target = {
  name: 'decoded-cache',
  async run(dice, folder): Promise<Outcome> {
    whole ??= await make(folder);
    const forge = dice.oneIn(2);
    const bytes = forge ? forged(whole.bytes, dice) : mutateBytes(whole.bytes, dice);
    const file = path.join(folder, 'd.v1');
    writeFileSync(file, bytes);
    const allocate = (length: number) => {
      check(length <= bytes.length, `${length} bytes of memory for a file of ${bytes.length}`);
      return new Uint8Array(length);
    };
    try {
      const got = await readDecoded(file, whole.sha256, { allocate });
      check(got !== undefined, 'a file that is there was not seen');
      const { train, test, classNames } = got!;
      check(classNames.length === 10, `${classNames.length} class names`);
      check(
        [...train.labels, ...test.labels].every((label) => label < 10),
        'a label above 9',
      );
      const same =
        Buffer.from(train.images).equals(whole.train) && Buffer.from(test.images).equals(whole.test);
      check(forge || same, 'damage was not seen');
      return 'accepted';
    } catch (error) {
      return error instanceof DamagedCache ? 'refused' : refusal(error, ['data']);
    }
  },
};
