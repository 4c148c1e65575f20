import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { MetricsRow } from '../../train/row.js';
import type { SweepFolder } from './folder.js';

/** Where a run stands: its finished epochs, as its folder tells them, on this machine or another. */
export async function lastEpoch(folder: SweepFolder, name: string): Promise<MetricsRow | undefined> {
  const file = path.join(folder.runPath(name), 'metrics.jsonl');
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = text.trimEnd().split('\n').at(-1);
  return line ? (JSON.parse(line) as MetricsRow) : undefined;
}

/** Mean seconds of a run's epoch, start and evaluation included; undefined before the first run has ended. */
export function secondsPerEpoch(
  results: readonly { readonly total_seconds: number; readonly epochs: number }[],
): number | undefined {
  const epochs = results.reduce((sum, result) => sum + result.epochs, 0);
  return epochs === 0
    ? undefined
    : results.reduce((sum, { total_seconds }) => sum + total_seconds, 0) / epochs;
}
