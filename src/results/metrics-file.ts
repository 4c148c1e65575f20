import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { quoteJson, strictJson } from '../strict-json.js';
import type { PosteriorRow } from '../train/posterior-row.js';
import type { LossPrint, MetricsRow } from '../train/row.js';

/** What a column holds; `counts`: a list of whole numbers. */
type Kind = 'number' | 'nullable' | 'text' | 'counts';

const FITS: Record<Kind, (item: unknown) => boolean> = {
  number: Number.isFinite,
  nullable: (item) => item === null || Number.isFinite(item),
  text: (item) => typeof item === 'string',
  counts: (item) => Array.isArray(item) && item.every(Number.isSafeInteger),
};

const WANTED: Record<Kind, string> = {
  number: 'a finite number',
  nullable: 'a finite number',
  text: 'a text',
  counts: 'a list of whole numbers',
};

/** Every column, in order; the type makes the compiler complain when one is missing or misspelt. */
const COLUMN_SET: Record<keyof MetricsRow, 'number' | 'nullable'> = {
  epoch: 'number',
  step: 'number',
  seconds: 'number',
  images_per_second: 'number',
  learning_rate: 'number',
  train_loss: 'number',
  train_nll: 'number',
  train_kl: 'number',
  kl_weight: 'number',
  train_accuracy: 'number',
  test_loss: 'nullable',
  test_nll: 'nullable',
  test_accuracy: 'nullable',
  predictive_entropy: 'nullable',
  expected_entropy: 'nullable',
  mutual_information: 'nullable',
  ece: 'nullable',
  brier: 'nullable',
  samples: 'nullable',
  eval_seconds: 'nullable',
  validation_nll: 'nullable',
  validation_accuracy: 'nullable',
};

/** Columns of metrics.csv and keys of metrics.jsonl, in order. */
export const METRICS_COLUMNS = Object.keys(COLUMN_SET) as (keyof MetricsRow)[];

const LOSS_COLUMNS: Record<keyof LossPrint, 'number'> = { epoch: 'number', batch: 'number', loss: 'number' };

const POSTERIOR_COLUMNS: Record<keyof PosteriorRow, Kind> = {
  epoch: 'number',
  layer: 'text',
  weights: 'number',
  kl: 'number',
  mean_sigma: 'number',
  median_snr: 'number',
  p95_snr: 'number',
  snr_histogram: 'counts',
};

/** Checks one row's columns; `where` and `code` say who is to blame: a file, or the program. */
function checked<T extends object>(
  value: unknown,
  columns: Record<keyof T, Kind>,
  where: string,
  code: 'data' | 'failure',
): T {
  const row = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const clean: Record<string, unknown> = {};
  for (const [column, kind] of Object.entries<Kind>(columns)) {
    const item = row[column];
    if (!FITS[kind](item)) {
      const hint =
        code === 'data'
          ? 'the file was changed or damaged; use a copy of it'
          : 'try a smaller train.optimizer.learningRate';
      throw new BayescnnError(code, `${where}: "${column}" must be ${WANTED[kind]}, got ${quoteJson(item)}`, {
        hint,
      });
    }
    clean[column] = item;
  }
  return clean as T;
}

/** The known columns, in order. @throws BayescnnError 'failure' for NaN or a missing column */
export function checkedRow(row: MetricsRow): MetricsRow {
  return checked(row, COLUMN_SET, `metrics of epoch ${row.epoch}`, 'failure');
}

/** As `checkedRow`, for a printed loss. */
export function checkedLoss(print: LossPrint): LossPrint {
  return checked(print, LOSS_COLUMNS, `printed loss of epoch ${print.epoch}`, 'failure');
}

/** As `checkedRow`, for a layer's posterior. */
export function checkedPosterior(row: PosteriorRow): PosteriorRow {
  const where = `posterior of ${row.layer} after epoch ${row.epoch}`;
  return checked(row, POSTERIOR_COLUMNS, where, 'failure');
}

/** One JSON document a line. */
export function toJsonLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Comma-separated values with a header line; null is an empty field. */
export function toCsv(rows: readonly MetricsRow[]): string {
  const lines = rows.map((row) => METRICS_COLUMNS.map((column) => row[column] ?? '').join(','));
  return `${[METRICS_COLUMNS.join(','), ...lines].join('\n')}\n`;
}

/** @param appended a crash may have left a part of its last line, which does not count */
async function readRows<T extends object>(
  file: string,
  columns: Record<keyof T, Kind>,
  appended = false,
): Promise<T[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new BayescnnError(
      'data',
      `${file}: could not be read, got ${(cause as NodeJS.ErrnoException).code}`,
      { hint: 'check its permissions and the disk', cause },
    );
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '' || appended) lines.pop();
  return lines.map((line, index) =>
    checked(parseLine(line, `${file}:${index + 1}`), columns, `${file}:${index + 1}`, 'data'),
  );
}

function parseLine(line: string, where: string): unknown {
  try {
    return strictJson(line);
  } catch (cause) {
    throw new BayescnnError(
      'data',
      `${where}: expected one JSON object a line, got ${JSON.stringify(line.slice(0, 60))} (${(cause as Error).message})`,
      {
        hint: 'the file was changed or damaged; use a copy of it',
        cause,
      },
    );
  }
}

/**
 * The rows of a run's metrics.jsonl; none when the run has not finished an epoch.
 * @throws BayescnnError 'data' naming file and line of a damaged row
 */
export function readMetrics(folder: string): Promise<MetricsRow[]> {
  return readRows<MetricsRow>(path.join(folder, 'metrics.jsonl'), COLUMN_SET);
}

/** The printed losses of a run's losses.jsonl, without a last line that a crash cut short; as `readMetrics`. */
export function readLosses(folder: string): Promise<LossPrint[]> {
  return readRows<LossPrint>(path.join(folder, 'losses.jsonl'), LOSS_COLUMNS, true);
}

/** The rows of a run's posterior.jsonl, one for each epoch and Bayesian layer; as `readMetrics`. */
export function readPosterior(folder: string): Promise<PosteriorRow[]> {
  return readRows<PosteriorRow>(path.join(folder, 'posterior.jsonl'), POSTERIOR_COLUMNS);
}
