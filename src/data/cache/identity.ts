import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArchiveIdentity } from '../archive/unpack.js';
import { checkAbort, fileError } from '../fail.js';
import { writeAtomically } from './files.js';

/** A file's place, length and times: as long as they stay, its checksums are taken as known. */
interface Fingerprint {
  readonly file: string;
  readonly bytes: string;
  readonly mtimeNs: string;
  /** Cannot be set by programs, so that a copied modification time hides no change. */
  readonly ctimeNs: string;
}

/** Takes the fingerprint of `file`; a data error when it is missing, no file or unreadable. */
export async function fingerprint(file: string): Promise<Fingerprint> {
  try {
    const real = await realpath(file);
    const found = await stat(real, { bigint: true });
    if (!found.isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' });
    return { file: real, bytes: `${found.size}`, mtimeNs: `${found.mtimeNs}`, ctimeNs: `${found.ctimeNs}` };
  } catch (error) {
    throw fileError('archive', file, error);
  }
}

/** The checksums that were noted for a file of this fingerprint, or undefined. */
export async function knownIdentity(
  cacheDir: string,
  print: Fingerprint,
): Promise<ArchiveIdentity | undefined> {
  const text = await readFile(notePath(cacheDir, print), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const note = parseNote(text);
  const same = note !== undefined && JSON.stringify(note.print) === JSON.stringify(print);
  return same ? note.identity : undefined;
}

/** Notes the checksums of a file that was read whole while it had this fingerprint. */
export async function noteIdentity(
  cacheDir: string,
  print: Fingerprint,
  identity: ArchiveIdentity,
): Promise<void> {
  const { bytes, sha256, md5 } = identity;
  const note = JSON.stringify({ print, identity: { bytes, sha256, md5 } });
  await writeAtomically(notePath(cacheDir, print), (temporary) => writeFile(temporary, note));
}

/** Reads a whole file for its checksums. */
export async function hashFile(file: string, signal?: AbortSignal): Promise<ArchiveIdentity> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024, signal })) {
      bytes += chunk.length;
      sha256.update(chunk);
      md5.update(chunk);
    }
  } catch (error) {
    checkAbort(signal);
    throw fileError('archive', file, error);
  }
  return { bytes, sha256: sha256.digest('hex'), md5: md5.digest('hex') };
}

/** The checksums of `file`: from the notes when it is unchanged, else by reading it. */
export async function identityOf(
  cacheDir: string,
  file: string,
  signal?: AbortSignal,
): Promise<ArchiveIdentity> {
  const print = await fingerprint(file);
  const known = await knownIdentity(cacheDir, print);
  if (known !== undefined) return known;
  const identity = await hashFile(file, signal);
  await noteIdentity(cacheDir, print, identity);
  return identity;
}

function notePath(cacheDir: string, print: Fingerprint): string {
  return path.join(
    cacheDir,
    'archives',
    `${createHash('sha256').update(print.file).digest('hex').slice(0, 32)}.json`,
  );
}

/** A note that is damaged counts as absent: the archive is then read again, which is always right. */
function parseNote(text: string): { print: unknown; identity: ArchiveIdentity } | undefined {
  try {
    const note = JSON.parse(text);
    const { bytes, sha256, md5 } = note.identity;
    const valid = Number.isInteger(bytes) && /^[0-9a-f]{64}$/.test(sha256) && /^[0-9a-f]{32}$/.test(md5);
    return valid ? note : undefined;
  } catch {
    return undefined;
  }
}
