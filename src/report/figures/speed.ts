import type { ReportGroup, ReportRun } from '../report-input.js';
import { mean } from '../statistics.js';
import { type Figure, rounded, shownNumber } from './figure.js';
import { quantitative } from './lines.js';
import { BASE, ink, seriesScales } from './theme.js';

interface Measure {
  readonly id: string;
  readonly title: string;
  readonly x: string;
  readonly caption: string;
  readonly of: (run: ReportRun) => number | null;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const MEASURES: readonly Measure[] = [
  {
    id: 'training-seconds',
    title: 'Training time',
    x: 'seconds of training steps',
    caption: 'All epochs, without evaluation and loading of data.',
    of: ({ metrics }) => (metrics.length === 0 ? null : sum(metrics.map(({ seconds }) => seconds))),
  },
  {
    id: 'training-speed',
    title: 'Training speed',
    x: 'images per second',
    caption: 'Training images a second over all epochs.',
    of: ({ metrics }) => {
      const images = sum(metrics.map((row) => row.images_per_second * row.seconds));
      return metrics.length === 0 ? null : images / sum(metrics.map(({ seconds }) => seconds));
    },
  },
  {
    id: 'evaluation-seconds',
    title: 'Prediction time',
    x: 'seconds for the test images',
    caption:
      'The evaluation after the last epoch, with all its posterior samples: a Bayesian model pays for each.',
    of: ({ metrics }) => metrics.at(-1)?.eval_seconds ?? null,
  },
];

/** Bars of the mean and a point a run. */
export function speedFigures(groups: readonly ReportGroup[]): Figure[] {
  return MEASURES.flatMap((measure) => {
    const bars = groups.flatMap(({ name, runs }) => {
      const values = runs.flatMap((run) => measure.of(run) ?? []);
      return values.length === 0 ? [] : [{ name, values: values.map(rounded), mean: rounded(mean(values)) }];
    });
    return bars.length === 0 ? [] : [figureOf(measure, groups, bars)];
  });
}

interface Bar {
  readonly name: string;
  readonly values: readonly number[];
  readonly mean: number;
}

function figureOf(
  { id, title, x, caption }: Measure,
  groups: readonly ReportGroup[],
  bars: readonly Bar[],
): Figure {
  const { colour } = seriesScales(groups.map(({ name }) => name));
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    title: null,
    axis: { labelLimit: 120, domain: false, ticks: false },
  };
  return {
    id,
    title,
    caption: `${caption} Bar: mean; points: runs.`,
    spec: {
      ...BASE,
      height: 70 + 44 * bars.length,
      data: { values: bars.map(({ name, mean: value }) => ({ name, value, label: shownNumber(value) })) },
      layer: [
        {
          mark: { type: 'bar', opacity: 0.55, height: { band: 0.6 } },
          encoding: {
            y,
            x: { field: 'value', ...quantitative({ title: x, zero: true }) },
            color: { field: 'name', type: 'nominal', scale: colour, legend: null },
          },
        },
        {
          data: { values: bars.flatMap(({ name, values }) => values.map((value) => ({ name, value }))) },
          mark: { type: 'point', filled: true, size: 45, color: ink('ink'), opacity: 0.9 },
          encoding: { y, x: { field: 'value', type: 'quantitative' } },
        },
      ],
    },
    data: [
      ['', 'mean', 'runs'],
      ...bars.map(({ name, mean: value, values }) => [
        name,
        shownNumber(value),
        values.map(shownNumber).join(', '),
      ]),
    ],
  };
}
