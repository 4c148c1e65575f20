import type { MetricsRow } from '../train/row.js';
import { duration, percent, whole } from './output-format.js';

/** A figure of an epoch. */
interface Figure {
  /** Of several columns, e.g. those of a split. */
  over: string;
  head: string;
  /** Null where it was not measured. */
  cell: string | null;
  /** The same in a sentence. */
  text: string;
  /** Characters that the cells of later epochs may need. */
  width: number;
}

/** Negative log-likelihood and accuracy on a split. */
function scores(split: string, nll: number | null, accuracy: number | null): Figure[] {
  return [
    { ...decimals(`${split} NLL`, nll), over: split, head: 'NLL' },
    {
      over: split,
      head: 'acc %',
      cell: accuracy === null ? null : (accuracy * 100).toFixed(2),
      text: accuracy === null ? '' : `${split} accuracy ${percent(accuracy)}`,
      width: '100.00'.length,
    },
  ];
}

function decimals(head: string, value: number | null): Figure {
  const cell = value === null ? null : value.toFixed(3);
  return { over: '', head, cell, text: `${head} ${cell}`, width: '0.000'.length };
}

/** What an epoch is told by, in this order. Validation and KL are those of runs that have them. */
function figuresOf(row: MetricsRow): Figure[] {
  const [kl, rate, time] = [whole(row.train_kl), whole(row.images_per_second), duration(row.seconds)];
  return [
    ...scores('train', row.train_nll, row.train_accuracy),
    ...(row.validation_nll === null ? [] : scores('validation', row.validation_nll, row.validation_accuracy)),
    ...scores('test', row.test_nll, row.test_accuracy),
    decimals('ECE', row.ece),
    decimals('entropy', row.predictive_entropy),
    ...(row.train_kl === 0 ? [] : [{ over: '', head: 'KL', cell: kl, text: `KL ${kl}`, width: 7 }]),
    { over: '', head: 'images/s', cell: rate, text: `${rate} images/s`, width: 0 },
    { over: '', head: 'time', cell: time, text: time, width: '59.9 s'.length },
  ];
}

const countOf = (row: MetricsRow, epochs: number | undefined): string =>
  `${row.epoch}${epochs === undefined ? '' : `/${epochs}`}`;

/** An epoch as a line of its own: what it did not measure is left out. */
export function epochLine(row: MetricsRow, epochs: number | undefined): string {
  const told = figuresOf(row).filter(({ cell }) => cell !== null);
  return `epoch ${countOf(row, epochs)}: ${told.map(({ text }) => text).join(', ')}`;
}

const GAP = '  ';

/** Epochs as rows of a table, where a terminal has room for it; its heads come again after other text. */
export class EpochTable {
  private heads = '';

  /** Whether the last text was a row of it. */
  get open(): boolean {
    return this.heads !== '';
  }

  /** Other text is printed. */
  interrupt(): void {
    this.heads = '';
  }

  /** An epoch's row, below the heads where they are not just above; a line of its own for lack of room. */
  text(row: MetricsRow, epochs: number | undefined, width: number): string {
    const count = countOf(row, epochs);
    const longest = `${epochs ?? ''}/${epochs ?? ''}`.length;
    const columns = [{ over: '', head: 'epoch', cell: count, width: longest }, ...figuresOf(row)].map(
      (column) => ({
        ...column,
        width: Math.max(column.width, column.head.length, column.cell?.length ?? 0),
      }),
    );
    const line = columns.map(({ cell, width: room }) => (cell ?? '-').padStart(room)).join(GAP);
    if (line.length > width) {
      this.interrupt();
      return epochLine(row, epochs);
    }
    const heads = columns.map(({ head, width: room }) => head.padStart(room)).join(GAP);
    const known = heads === this.heads;
    this.heads = heads;
    return known ? line : `${overHeads(columns)}\n${heads}\n${line}`;
  }
}

/** The line above the heads: each group's name in its middle. */
function overHeads(columns: readonly { over: string; width: number }[]): string {
  let line = '';
  let at = 0;
  for (const [i, { over, width }] of columns.entries()) {
    const next = columns[i + 1];
    if (over !== '' && over === next?.over) {
      const room = width + GAP.length + next.width;
      line = line.padEnd(at + Math.ceil((room - over.length) / 2)) + over;
    }
    at += width + GAP.length;
  }
  return line;
}
