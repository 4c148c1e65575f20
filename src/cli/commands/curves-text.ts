import { type Curve, chart, curveTable } from '../../report/index.js';
import type { OpenedRun } from '../../results/index.js';
import type { MetricsRow } from '../../train/row.js';
import type { Io } from '../io.js';
import { hasColour, isTerminal } from '../output-style.js';

/** What is drawn unless other columns are asked for. */
export const USUAL_COLUMNS = ['test_accuracy', 'test_nll', 'ece', 'predictive_entropy'] as const;

const HEIGHT = 10;
/** Where there is no terminal to ask, and at most: longer lines are no easier to read. */
const WIDTH = 80;
const NARROWEST = 30;

/** A run's rows under its name. */
export interface NamedRows {
  name: string;
  rows: readonly MetricsRow[];
}

export async function rowsOf(run: OpenedRun): Promise<NamedRows> {
  return { name: run.name, rows: await run.metrics() };
}

/** A chart for each column, with a curve for each run where colours tell them apart; tables with `--plain`. */
export function curvesText(
  io: Io,
  runs: readonly NamedRows[],
  columns: readonly (keyof MetricsRow)[],
): string {
  const width = Math.max(
    NARROWEST,
    Math.min(isTerminal(io, io.stdout) ? (io.stdout.columns ?? WIDTH) : WIDTH, 120),
  );
  const options = { width, height: HEIGHT, colour: hasColour(io, io.stdout) };
  const texts = columns.flatMap((column) => {
    const curves = runs.map((run) => curveOf(run, column));
    if (io.plain) return curveTable(column, curves);
    // Without colours nobody could tell the curves of one chart apart.
    const charts = options.colour ? [curves] : curves.map((curve) => [curve]);
    return charts.map((together) => chart(column, together, options));
  });
  return texts.join('\n\n');
}

function curveOf({ name, rows }: NamedRows, column: keyof MetricsRow): Curve {
  const points = rows.flatMap((row) => {
    const value = row[column];
    return value === null ? [] : [{ epoch: row.epoch, value }];
  });
  return { name, points };
}
