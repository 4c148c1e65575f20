import { mkdir, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../../errors.js';
import { eventFile, writeError } from '../../results/index.js';
import { type TrackedRun, trackedRun } from './tracked-run.js';

/** What came of one run. */
export interface ExportedRun {
  run: string;
  /** The event file, or MLflow's folder of the run. */
  path: string;
  /** Epochs and printed losses that it tells. */
  moments: number;
}

/**
 * Writes a run's event file, `out/<run>/events.out.tfevents.<start>.bayescnn`. Written again later it grows in its place, so
 * that a TensorBoard that has it open reads on.
 * @throws BayescnnError 'usage' when event files of another run lie there, 'failure' when it cannot be written
 */
export async function exportTensorboard(folder: string, out: string): Promise<ExportedRun> {
  const run = await trackedRun(folder);
  const place = path.join(path.resolve(out), run.name);
  const name = `events.out.tfevents.${Math.floor(run.startedAt.getTime() / 1000)}.bayescnn`;
  const file = path.join(place, name);
  try {
    await mkdir(place, { recursive: true });
    await requireOwn(place, name);
    await update(file, eventFile(run.startedAt, run.moments, textsOf(run)));
  } catch (cause) {
    if (cause instanceof BayescnnError) throw cause;
    throw writeError(file, cause);
  }
  return { run: run.path, path: file, moments: run.moments.length };
}

/** TensorBoard takes all event files of a folder for one run. */
async function requireOwn(place: string, name: string): Promise<void> {
  const other = (await readdir(place)).find((entry) => entry.includes('tfevents') && entry !== name);
  if (other === undefined) return;
  throw new BayescnnError('usage', `${place}: expected no event files of another run, got ${other}`, {
    hint: 'name another folder with --out (of `train`: --tensorboard), or remove that file',
  });
}

/** Writes from the first byte that differs. */
async function update(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'a+').then(async (made) => {
    await made.close();
    return open(file, 'r+');
  });
  try {
    const before = await handle.readFile();
    let same = 0;
    while (same < before.length && before[same] === bytes[same]) same++;
    for (let at = same; at < bytes.length; )
      at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
    await handle.truncate(bytes.length);
  } finally {
    await handle.close();
  }
}

function textsOf({ notes, settings, facts }: TrackedRun): Record<string, string> {
  return {
    config: table(settings),
    environment: table(environmentOf(facts)),
    ...(notes !== '' && { notes }),
  };
}

/** Known from the start: what follows it in the file must stay where it is. */
function environmentOf({
  version,
  engine,
  threads,
  node,
  cpu,
  cores,
  dataset_sha256,
}: Record<string, string>) {
  return { version, engine, threads, node, cpu, cores, dataset_sha256 };
}

function table(rows: Readonly<Record<string, string | undefined>>): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const lines = Object.entries(rows).map(([key, value]) => `| ${cell(key)} | ${cell(value ?? '')} |`);
  return ['| | |', '| --- | --- |', ...lines].join('\n');
}
