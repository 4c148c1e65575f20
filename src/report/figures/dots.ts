import type { Cells } from '../table.js';
import { type Figure, shownNumber } from './figure.js';
import { type AxisOptions, type LinePoint, legendOf, quantitative } from './lines.js';
import { BASE, seriesScales } from './theme.js';

/** Groups as points on a line for each label: a mean, with a bar from the lowest to the highest run. */
export interface Dot extends Omit<LinePoint, 'x'> {
  readonly label: string;
}

/** A dot plot; labels stand in the order of their first dot. */
export function dotFigure(
  text: Pick<Figure, 'id' | 'title' | 'caption'>,
  dots: readonly Dot[],
  series: readonly string[],
  x: AxisOptions,
): Figure {
  const labels = [...new Set(dots.map(({ label }) => label))];
  const { colour } = seriesScales(series);
  const shape = { domain: [...series], range: series.map((_, i) => SHAPES[i % SHAPES.length]) };
  const legend = series.length < 2 ? null : { ...legendOf(series), symbolType: 'circle', symbolSize: 80 };
  const y = {
    field: 'label',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { labelLimit: 160, labelFontSize: 11, grid: true },
  };
  const color = { field: 'series', type: 'nominal', scale: colour, legend };
  return {
    ...text,
    spec: {
      ...BASE,
      height: 90 + 18 * labels.length,
      data: { values: dots },
      layer: [
        {
          mark: { type: 'rule', strokeWidth: 2, opacity: 0.6 },
          encoding: { y, x: { field: 'low', ...quantitative(x) }, x2: { field: 'high' }, color },
        },
        {
          mark: { type: 'point', filled: true, size: 60, opacity: 1 },
          encoding: {
            y,
            x: { field: 'y', ...quantitative(x) },
            color,
            shape: { field: 'series', type: 'nominal', scale: shape, legend },
          },
        },
      ],
    },
    data: cells(dots, labels, series),
  };
}

const SHAPES = ['circle', 'diamond', 'square', 'triangle-up', 'triangle-down', 'cross'] as const;

function cells(dots: readonly Dot[], labels: readonly string[], series: readonly string[]): Cells {
  const value = (label: string, name: string): string => {
    const dot = dots.find((each) => each.label === label && each.series === name);
    return dot === undefined ? '' : shownNumber(dot.y);
  };
  return [['', ...series], ...labels.map((label) => [label, ...series.map((name) => value(label, name))])];
}
