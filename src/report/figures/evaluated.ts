import type { ReportEvaluation, ReportGroup } from '../report-input.js';
import { mean } from '../statistics.js';
import { type Dot, dotFigure } from './dots.js';
import { type Figure, slug } from './figure.js';
import { histogramFigure } from './histogram-lines.js';
import { type AxisOptions, type LinePoint, lineCells, linePoint, lineSpec } from './lines.js';
import { ENTROPY_BINS } from './right-wrong.js';

type Shown = 'accuracy' | 'nll' | 'ece';

const METRICS: readonly { metric: Shown; title: string; y: AxisOptions }[] = [
  { metric: 'accuracy', title: 'Accuracy', y: { title: 'accuracy', format: '.0%' } },
  { metric: 'nll', title: 'NLL', y: { title: 'nats' } },
  { metric: 'ece', title: 'Calibration error', y: { title: 'ECE', zero: true } },
];

interface EvaluatedGroup {
  readonly name: string;
  readonly evaluations: readonly ReportEvaluation[];
}

function evaluated(groups: readonly ReportGroup[]): EvaluatedGroup[] {
  return groups.map(({ name, runs }) => ({
    name,
    evaluations: runs.flatMap(({ evaluation }) => evaluation ?? []),
  }));
}

/** Metrics against the number of posterior samples; a model that draws nothing is a level line. */
export function sampleFigures(groups: readonly ReportGroup[]): Figure[] {
  const all = evaluated(groups);
  const most = Math.max(0, ...all.flatMap(({ evaluations }) => evaluations.map(({ curve }) => curve.length)));
  if (most < 2) return [];
  const samples = Array.from({ length: most }, (_, i) => i + 1);
  return METRICS.map(({ metric, title, y }) =>
    lineFigure(
      {
        id: `samples-${metric}`,
        title: `${title} and posterior samples`,
        caption:
          'The first 1, 2, ... samples of one evaluation. Where a line turns level, more samples buy nothing; each costs one forward pass.',
      },
      all,
      samples,
      ({ curve }, s) =>
        (s <= curve.length ? curve[s - 1] : curve.length === 1 ? curve[0] : undefined)?.[metric],
      { title: 'posterior samples', log: most > 20 },
      y,
    ),
  );
}

/** Metrics on corrupted images, over all kinds at each severity, then accuracy by kind. */
export function corruptionFigures(groups: readonly ReportGroup[]): Figure[] {
  const all = evaluated(groups);
  const points = all.flatMap(({ evaluations }) => evaluations.flatMap(({ corruptions }) => corruptions));
  if (points.length === 0) return [];
  const severities = [...new Set([0, ...points.map(({ severity }) => severity)])].sort((a, b) => a - b);
  const kinds = [...new Set(points.map(({ kind }) => kind))];
  const lines = METRICS.map(({ metric, title, y }) =>
    lineFigure(
      {
        id: `corruption-${metric}`,
        title: `${title} on corrupted images`,
        caption: `Mean over ${kinds.length} kinds of corruption at each severity; 0 is clean. A model that knows when it sees less well loses accuracy without losing calibration.`,
      },
      all,
      severities,
      (evaluation, severity) => atSeverity(evaluation, severity, metric),
      { title: 'severity', whole: true },
      y,
    ),
  );
  return [...lines, kindFigure(all, kinds)];
}

function atSeverity(
  { curve, corruptions }: ReportEvaluation,
  severity: number,
  metric: Shown,
): number | undefined {
  if (severity === 0) return curve.at(-1)?.[metric];
  const own = corruptions.filter((point) => point.severity === severity);
  return own.length === 0 ? undefined : mean(own.map((point) => point[metric]));
}

function kindFigure(all: readonly EvaluatedGroup[], kinds: readonly string[]): Figure {
  const dots = kinds.flatMap((kind) =>
    dotsOf(all, kind, ({ corruptions }) => {
      const own = corruptions.filter((point) => point.kind === kind);
      return own.length === 0 ? undefined : mean(own.map(({ accuracy }) => accuracy));
    }),
  );
  return dotFigure(
    {
      id: 'corruption-kinds',
      title: 'Accuracy by kind of corruption',
      caption: 'Mean over the severities. Bar: from the lowest to the highest run.',
    },
    dots,
    all.map(({ name }) => name),
    { title: 'accuracy', format: '.0%' },
  );
}

/** Entropy in and out of distribution for each group, and how well it tells them apart. */
export function outsideFigures(groups: readonly ReportGroup[]): Figure[] {
  const all = evaluated(groups);
  const sets = [
    ...new Set(
      all.flatMap(({ evaluations }) => evaluations.flatMap(({ outside }) => outside.map(({ set }) => set))),
    ),
  ];
  if (sets.length === 0) return [];
  const measured = all.filter(({ evaluations }) => evaluations.some(({ outside }) => outside.length > 0));
  const dots = sets.flatMap((set) =>
    dotsOf(measured, set, ({ outside }) => outside.find((each) => each.set === set)?.auroc),
  );
  return [
    ...measured.map((group) => entropyFigure(group, sets)),
    dotFigure(
      {
        id: 'outside-auroc',
        title: 'Telling out of distribution by entropy',
        caption:
          'AUROC: the chance that an image out of distribution has more entropy than a test image. 1 is perfect, 0.5 is chance, below it the model is surer of what it has never seen.',
      },
      dots,
      all.map(({ name }) => name),
      { title: 'AUROC', domain: [0, 1] },
    ),
  ];
}

function entropyFigure({ name, evaluations }: EvaluatedGroup, sets: readonly string[]): Figure {
  const withSets = evaluations.filter(({ outside }) => outside.length > 0);
  const of = (set: string) =>
    withSets.flatMap(({ outside }) =>
      outside.filter((each) => each.set === set).map(({ entropy }) => entropy.out),
    );
  return histogramFigure(
    {
      id: `outside-${slug(name)}`,
      title: `Entropy in and out of distribution: ${name}`,
      caption:
        'Predictive entropy of test images and of images of no class. The further right those lie, the better the model says that it does not know them.',
    },
    [
      { name: 'test images', runs: withSets.map(({ outside }) => outside[0].entropy.in) },
      ...sets.map((set) => ({ name: set, runs: of(set) })),
    ],
    ENTROPY_BINS,
    { title: 'nats' },
    'each set',
  );
}

function dotsOf(
  groups: readonly EvaluatedGroup[],
  label: string,
  value: (evaluation: ReportEvaluation) => number | undefined,
): Dot[] {
  return groups.flatMap(({ name, evaluations }) => {
    const values = evaluations.flatMap((evaluation) => value(evaluation) ?? []);
    return values.length === 0 ? [] : [{ ...linePoint(name, 0, values), label }];
  });
}

function lineFigure(
  text: Pick<Figure, 'id' | 'title' | 'caption'>,
  groups: readonly EvaluatedGroup[],
  xs: readonly number[],
  value: (evaluation: ReportEvaluation, x: number) => number | undefined,
  x: AxisOptions,
  y: AxisOptions,
): Figure {
  const options = { series: groups.map(({ name }) => name), x, y };
  const points = groups.flatMap(({ name, evaluations }) =>
    xs.flatMap((at): LinePoint[] => {
      const values = evaluations.flatMap((evaluation) => value(evaluation, at) ?? []);
      return values.length === 0 ? [] : [linePoint(name, at, values)];
    }),
  );
  const images = [...new Set(groups.flatMap(({ evaluations }) => evaluations.map(({ n }) => n)))];
  const caption = `${text.caption} On ${images.join(' or ')} test images.`;
  return { ...text, caption, spec: lineSpec(points, options), data: lineCells(points, options) };
}
