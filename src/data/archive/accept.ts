import { BayescnnError } from '../../errors.js';
import { dataError } from '../fail.js';
import { OFFICIAL_SOURCE } from '../source.js';
import { type ArchiveContent, isOfficial, readArchive } from './read.js';
import type { ArchiveIdentity, ReadOptions } from './unpack.js';

/**
 * Lets an archive pass whose sha256 is the named one; where none is named, only the official archive.
 * @throws data error that prints the actual sha256 and says how to name it
 */
export function checkAccepted(file: string, identity: ArchiveIdentity, sha256: string | null): void {
  if (sha256 === null) {
    if (isOfficial(identity)) return;
    throw dataError(
      `archive: ${file} must be the official ${OFFICIAL_SOURCE.name} (${OFFICIAL_SOURCE.bytes} bytes, md5 ${OFFICIAL_SOURCE.md5}), got ${identity.bytes} bytes, md5 ${identity.md5}, sha256 ${identity.sha256}`,
      `if this is the archive you want, name its checksum: --sha256 ${identity.sha256} (or data.sha256 in the config)`,
    );
  }
  if (identity.sha256 !== checkSha256(sha256)) {
    throw dataError(
      `archive: ${file} must have sha256 ${sha256}, got ${identity.sha256}`,
      `if this is the archive you want, name its checksum: --sha256 ${identity.sha256} (or data.sha256 in the config)`,
    );
  }
}

/** The checksum in lower case; a config error unless it is 64 hexadecimal digits. */
export function checkSha256(sha256: string): string {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new BayescnnError(
      'config',
      `data.sha256: must be 64 hexadecimal digits, got ${JSON.stringify(sha256)}`,
      {
        hint: 'copy it from `sha256sum FILE`',
      },
    );
  }
  return sha256.toLowerCase();
}

/** What `data verify` shows. */
export interface VerifiedArchive extends ArchiveContent {
  readonly file: string;
  readonly official: boolean;
}

/**
 * Reads a whole archive and checks its structure, its labels and its checksum.
 * @throws data error for the first thing that is wrong
 */
export async function verifyArchive(
  file: string,
  options: ReadOptions & { sha256?: string | null } = {},
): Promise<VerifiedArchive> {
  const sha256 = options.sha256 ?? null;
  if (sha256 !== null) checkSha256(sha256);
  const content = await readArchive(file, { records: () => {} }, options);
  checkAccepted(file, content, sha256);
  return { file, ...content, official: isOfficial(content) };
}
