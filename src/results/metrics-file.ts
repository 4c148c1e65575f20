import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import type { LossPrint, MetricsRow } from '../train/row.js';

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

/** Checks one row's columns; `where` and `code` say who is to blame: a file, or the program. */
function checked<T extends object>(
  value: unknown,
  columns: Record<keyof T, 'number' | 'nullable'>,
  where: string,
  code: 'data' | 'failure',
): T {
  const row = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const clean: Record<string, unknown> = {};
  for (const [column, kind] of Object.entries(columns)) {
    const item = row[column];
    if (!Number.isFinite(item) && !(kind === 'nullable' && item === null)) {
      const hint =
        code === 'data'
          ? 'the file was changed or damaged; use a copy of it'
          : 'try a smaller train.optimizer.learningRate';
      throw new BayescnnError(code, `${where}: "${column}" must be a finite number, got ${item}`, { hint });
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

/** One JSON document a line. */
export function toJsonLines(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Comma-separated values with a header line; null is an empty field. */
export function toCsv(rows: readonly MetricsRow[]): string {
  const lines = rows.map((row) => METRICS_COLUMNS.map((column) => row[column] ?? '').join(','));
  return `${[METRICS_COLUMNS.join(','), ...lines].join('\n')}\n`;
}

async function readRows<T extends object>(
  file: string,
  columns: Record<keyof T, 'number' | 'nullable'>,
): Promise<T[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new BayescnnError(
      'data',
      `${file}: could not be read, got ${(cause as NodeJS.ErrnoException).code}`,
      { cause },
    );
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, index) =>
    checked(parseLine(line, `${file}:${index + 1}`), columns, `${file}:${index + 1}`, 'data'),
  );
}

function parseLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BayescnnError(
      'data',
      `${where}: expected one JSON object a line, got ${JSON.stringify(line.slice(0, 60))}`,
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

/** The printed losses of a run's losses.jsonl; as `readMetrics`. */
export function readLosses(folder: string): Promise<LossPrint[]> {
  return readRows<LossPrint>(path.join(folder, 'losses.jsonl'), LOSS_COLUMNS);
}
