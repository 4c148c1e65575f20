import { mean } from '../statistics.js';
import type { Cells } from '../table.js';
import { rounded, type Spec, shownNumber } from './figure.js';
import { BASE, ink, seriesScales } from './theme.js';

/** A point of a line: the mean over runs, with the lowest and the highest of them. */
export interface LinePoint {
  readonly series: string;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface AxisOptions {
  readonly title: string;
  /** d3-format of its labels. */
  readonly format?: string;
  readonly domain?: readonly [number, number];
  readonly log?: boolean;
  /** Whether it starts at 0; else it fits the data. */
  readonly zero?: boolean;
  /** Whole numbers only. */
  readonly whole?: boolean;
}

export interface LineOptions {
  /** Names of the lines, in the order of their colours. */
  readonly series: readonly string[];
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  /** Steps, for histograms; `y` then also fills the area below. */
  readonly histogram?: boolean;
  /** A dashed line from corner to corner: y = x. */
  readonly diagonal?: boolean;
}

/** Over runs: their mean, with the lowest and the highest. */
export function linePoint(series: string, x: number, values: readonly number[]): LinePoint {
  const [y, low, high] = [mean(values), Math.min(...values), Math.max(...values)].map(rounded);
  return { series, x: rounded(x), y, low, high };
}

/** Lines, with a band from the lowest to the highest run where there are several. */
export function lineSpec(points: readonly LinePoint[], options: LineOptions): Spec {
  const { series, histogram = false, diagonal = false } = options;
  const { colour, dash } = seriesScales(series);
  const legend = { legend: series.length < 2 ? null : legendOf(series) };
  const x = { field: 'x', ...quantitative(options.x) };
  const encoding = {
    x,
    y: { field: 'y', ...quantitative(options.y) },
    color: { field: 'series', type: 'nominal', scale: colour, ...legend },
    strokeDash: { field: 'series', type: 'nominal', scale: dash, ...legend },
  };
  const interpolate = histogram ? 'step-after' : 'linear';
  const mark = { type: 'line', strokeWidth: 2, interpolate, clip: true };
  return {
    ...BASE,
    height: heightWith(series),
    data: { values: points },
    layer: [
      ...(diagonal ? [diagonalLayer()] : []),
      ...(points.some(({ low, high }) => low < high)
        ? [bandLayer(x, options.y, encoding.color, interpolate)]
        : []),
      { mark, encoding },
      ...lonePoints(points, encoding),
    ],
  };
}

/** Lines of a single point, such as those of runs after their first epoch: nothing else would be seen of them. */
function lonePoints(points: readonly LinePoint[], { x, y, color }: Record<'x' | 'y' | 'color', object>) {
  const counts = new Map<string, number>();
  for (const { series } of points) counts.set(series, (counts.get(series) ?? 0) + 1);
  const values = points.filter(({ series }) => counts.get(series) === 1);
  if (values.length === 0) return [];
  return [{ data: { values }, mark: { type: 'point', filled: true, size: 40 }, encoding: { x, y, color } }];
}

/** As many columns as the longest name leaves room for; many names share a row in any case. */
export function legendOf(series: readonly string[]): { columns: number; labelLimit: number } {
  const width = 40 + 9 * Math.max(...series.map((name) => name.length));
  const least = series.length > 3 ? 2 : 1;
  const columns = Math.min(4, Math.max(least, Math.floor(BASE.width / width)));
  return { columns, labelLimit: Math.floor(BASE.width / columns) - 35 };
}

/** Height of a plot whose legend takes several rows, so that the drawing keeps its own. */
function heightWith(series: readonly string[]): number {
  return BASE.height + 17 * (Math.ceil(series.length / legendOf(series).columns) - 1);
}

function bandLayer(x: object, y: AxisOptions, colour: object, interpolate: string): object {
  return {
    mark: { type: 'area', opacity: 0.2, interpolate, clip: true },
    encoding: {
      x,
      y: { field: 'low', ...quantitative(y) },
      y2: { field: 'high' },
      color: colour,
    },
  };
}

function diagonalLayer(): object {
  return {
    data: {
      values: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    },
    mark: { type: 'line', color: ink('muted'), strokeDash: [4, 4], strokeWidth: 1 },
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  };
}

/** A quantitative channel's type, scale and axis. */
export function quantitative({ title, format, domain, log, zero = false, whole }: AxisOptions): object {
  return {
    type: 'quantitative',
    title,
    scale: { ...(log ? { type: 'log' } : { zero }), ...(domain && { domain, nice: false }) },
    axis: { ...(format && { format }), ...(whole && { tickMinStep: 1, format: 'd' }) },
  };
}

const MOST_ROWS = 25;

/** The points as a table, a row an x and a column a line; of many x every k-th, and the last. */
export function lineCells(points: readonly LinePoint[], { series, x }: LineOptions): Cells {
  const xs = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const every = Math.ceil(xs.length / MOST_ROWS);
  const shown = xs.filter((_, i) => i % every === 0 || i === xs.length - 1);
  const at = new Map(points.map((point) => [`${point.x} ${point.series}`, point]));
  const cell = (point: LinePoint | undefined): string => {
    if (point === undefined) return '';
    const range = point.low < point.high ? ` (${shownNumber(point.low)} to ${shownNumber(point.high)})` : '';
    return shownNumber(point.y) + range;
  };
  return [
    [x.title, ...series],
    ...shown.map((value) => [shownNumber(value), ...series.map((name) => cell(at.get(`${value} ${name}`)))]),
  ];
}
