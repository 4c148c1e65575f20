import { BayescnnError } from '../errors.js';

/** An error of bad or missing data (exit code 3). */
export function dataError(message: string, hint: string, cause?: unknown): BayescnnError {
  return new BayescnnError('data', message, { hint, cause });
}

/** Throws the `interrupted` error (exit code 130) once `signal` is aborted. */
export function checkAbort(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new BayescnnError('interrupted', 'data: stopped by the user');
}

const FILE_PROBLEMS: Record<string, [what: string, hint: string]> = {
  ENOENT: ['no such file or folder', 'check the path'],
  EACCES: ['permission denied', 'check who may read and write it'],
  EPERM: ['permission denied', 'check who may read and write it'],
  EROFS: ['read-only file system', 'set BAYESCNN_CACHE to a folder that can be written'],
  EISDIR: ['a folder', 'name the file itself'],
  ENOTDIR: ['a file where a folder is needed', 'check the path'],
  ENOSPC: ['no space left on the device', 'free some space or set BAYESCNN_CACHE to another disk'],
};

/** Turns a file-system error into a data error that names the file; other errors come back unchanged. */
export function fileError(where: string, file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  const problem = code === undefined ? undefined : FILE_PROBLEMS[code];
  if (error instanceof BayescnnError || problem === undefined) return error;
  return dataError(`${where}: cannot use ${file}, got ${problem[0]} (${code})`, problem[1], error);
}

/** Text from a file as it may be printed: quoted, control characters escaped, cut at 120 characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text);
}
