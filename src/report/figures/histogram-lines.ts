import type { Figure } from './figure.js';
import { type Bins, edges } from './histogram.js';
import { type AxisOptions, type LinePoint, lineCells, linePoint, lineSpec } from './lines.js';

/** Histograms to be drawn over each other: of each, one list of shares a run. */
export interface HistogramSeries {
  readonly name: string;
  readonly runs: readonly (readonly number[])[];
}

/** Stepped outlines of histograms; bars of several would hide each other. */
export function histogramFigure(
  text: Pick<Figure, 'id' | 'title' | 'caption'>,
  histograms: readonly HistogramSeries[],
  bins: Bins,
  x: AxisOptions,
  of: string,
): Figure {
  const series = histograms.map(({ name }) => name);
  const options = {
    series,
    x: { ...x, domain: [bins.low, bins.high] as const },
    y: { title: `share of ${of}`, format: '.0%', zero: true },
    histogram: true,
  };
  const points = histograms.flatMap((histogram) => outline(histogram, bins));
  return { ...text, spec: lineSpec(points, options), data: lineCells(points.slice(), options) };
}

/** A point at each bin's lower edge, and one that ends the last bin. */
function outline({ name, runs }: HistogramSeries, bins: Bins): LinePoint[] {
  const at = (bin: number) => runs.map((shares) => shares[Math.min(bin, bins.count - 1)]);
  return [...edges(bins), bins.high].map((edge, bin) => linePoint(name, edge, at(bin)));
}
