// Compares two run folders byte for byte, but for what may differ: times, names, threads, and how often each began.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const TIMES = ['seconds', 'images_per_second', 'eval_seconds'];
const SUMMARY_TIMES = ['train_seconds', 'images_per_second', 'total_seconds'];
const JSON_FILES = {
  'config.json': ({
    name: _name,
    backend: _backend,
    train: { checkpoint: _checkpoint, ...train },
    ...rest
  }) => ({
    ...rest,
    train,
  }),
  'environment.json': () => null,
  'summary.json': ({ run: _run, threads: _threads, config_hash: _hash, final, ...rest }) => ({
    ...without(rest, SUMMARY_TIMES),
    final: without(final, TIMES),
  }),
};

const without = (row, columns) =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));

/** Every file of a folder, relative to it. */
function filesOf(folder) {
  const names = readdirSync(folder, { recursive: true }).map(String);
  return names.filter((name) => statSync(path.join(folder, name)).isFile()).sort();
}

/** A file's content without what may differ; times of rows go, the rest stays to the last digit. */
function comparable(folder, name) {
  const bytes = readFileSync(path.join(folder, name));
  if (Object.hasOwn(JSON_FILES, name)) return JSON.stringify(JSON_FILES[name](JSON.parse(bytes)));
  if (name === 'metrics.jsonl') {
    const rows = bytes.toString().trimEnd().split('\n');
    return rows.map((row) => JSON.stringify(without(JSON.parse(row), TIMES))).join('\n');
  }
  if (name === 'metrics.csv') {
    const [head, ...rows] = bytes.toString().trimEnd().split('\n');
    const kept = head.split(',').map((column) => !TIMES.includes(column));
    return [head, ...rows]
      .map((row) =>
        row
          .split(',')
          .filter((_, i) => kept[i])
          .join(','),
      )
      .join('\n');
  }
  return bytes.toString('hex');
}

/**
 * What differs between two finished runs; nothing where they are the same.
 * @param {string} got a run folder
 * @param {string} wanted another
 * @returns {string[]} names of files
 */
export function differences(got, wanted) {
  const [here, there] = [filesOf(got), filesOf(wanted)];
  const all = [...new Set([...here, ...there])];
  return all.filter(
    (name) =>
      !here.includes(name) || !there.includes(name) || comparable(got, name) !== comparable(wanted, name),
  );
}
