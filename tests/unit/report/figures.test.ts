import { describe, expect, it, vi } from 'vitest';
import { auroc } from '../../../src/metrics/index.js';
import { drawFigures, plotPng, standaloneSvg } from '../../../src/report/draw.js';
import { calibrationFigures } from '../../../src/report/figures/calibration.js';
import { corruptionFigures, outsideFigures, sampleFigures } from '../../../src/report/figures/evaluated.js';
import { type Figure, slug } from '../../../src/report/figures/figure.js';
import { edges, shares } from '../../../src/report/figures/histogram.js';
import { type LinePoint, lineCells, linePoint, lineSpec } from '../../../src/report/figures/lines.js';
import { posteriorFigures } from '../../../src/report/figures/posterior.js';
import { rightWrongFigures } from '../../../src/report/figures/right-wrong.js';
import { riskCoverageFigure } from '../../../src/report/figures/risk-coverage.js';
import { speedFigures } from '../../../src/report/figures/speed.js';
import { trainingFigures } from '../../../src/report/figures/training.js';
import { sectionsOf } from '../../../src/report/sections.js';
import { madeUpReport } from './made-up-report.js';

const { groups } = madeUpReport([
  { name: 'plain', behaviour: { skill: 1.5, sharpness: 2 }, noise: 0 },
  { name: 'bayes', behaviour: { skill: 1.5 }, noise: 100, bayesian: true },
]);

const byId = (figures: readonly Figure[]) => new Map(figures.map((figure) => [figure.id, figure]));
const pointsOf = ({ spec }: Figure) => (spec.data as { values: LinePoint[] }).values;

describe('histograms', () => {
  it('are shares of all values, with what lies outside in the end bins', () => {
    const bins = { low: 0, high: 1, count: 4 };
    expect(shares([-5, 0, 0.25, 0.3, 0.99, 1, 7, 0.5], bins)).toEqual([2 / 8, 2 / 8, 1 / 8, 3 / 8]);
    expect(edges(bins)).toEqual([0, 0.25, 0.5, 0.75]);
    expect(shares([], bins)).toEqual([0, 0, 0, 0]);
  });
});

describe('lines', () => {
  it('are means with the lowest and the highest run', () => {
    expect(linePoint('a', 3, [1, 2, 6])).toEqual({ series: 'a', x: 3, y: 3, low: 1, high: 6 });
  });

  it('have a band only where runs differ', () => {
    const options = { series: ['a'], x: { title: 'x' }, y: { title: 'y' } };
    const marks = (points: LinePoint[]) =>
      (lineSpec(points, options).layer as { mark: { type: string } }[]).map(({ mark }) => mark.type);
    expect(marks([linePoint('a', 0, [1]), linePoint('a', 1, [2])])).toEqual(['line']);
    expect(marks([linePoint('a', 0, [1, 1]), linePoint('a', 1, [2, 3])])).toEqual(['area', 'line']);
  });

  it('of a single point are marked, since nothing else would be seen of them', () => {
    const options = { series: ['a', 'b'], x: { title: 'x' }, y: { title: 'y' } };
    const points = [linePoint('a', 0, [1]), linePoint('a', 1, [2]), linePoint('b', 0, [3])];
    const layers = lineSpec(points, options).layer as {
      mark: { type: string };
      data?: { values: unknown };
    }[];
    expect(layers.map(({ mark }) => mark.type)).toEqual(['line', 'point']);
    expect(layers[1].data?.values).toEqual([points[2]]);
  });

  it('tell their numbers, thinned but with both ends', () => {
    const points = Array.from({ length: 101 }, (_, i) => linePoint('a', i, [i, i + 1]));
    const [heads, ...rows] = lineCells(points, { series: ['a'], x: { title: 'step' }, y: { title: 'y' } });
    expect(heads).toEqual(['step', 'a']);
    expect(rows.length).toBeLessThanOrEqual(26);
    expect(rows[0]).toEqual(['0', '0.5 (0 to 1)']);
    expect(rows.at(-1)).toEqual(['100', '100.5 (100 to 101)']);
  });
});

describe('training curves', () => {
  const figures = byId(trainingFigures(groups));

  it('average over seeds, epoch by epoch', () => {
    const figure = figures.get('training-test-nll') as Figure;
    expect(pointsOf(figure).filter(({ series }) => series === 'bayes')).toEqual(
      [1, 2, 3].map((x) => ({ series: 'bayes', x, y: 1.5, low: 1, high: 2 })),
    );
  });

  it('show the complexity of Bayesian groups alone', () => {
    const figure = figures.get('training-train-kl') as Figure;
    expect(new Set(pointsOf(figure).map(({ series }) => series))).toEqual(new Set(['bayes']));
    expect(figure.data[0]).toEqual(['epoch', 'bayes']);
  });

  it('leave out what was never measured', () => {
    const unmeasured = groups.map((group) => ({
      ...group,
      runs: group.runs.map((run) => ({ ...run, metrics: run.metrics.map((row) => ({ ...row, ece: null })) })),
    }));
    expect(byId(trainingFigures(unmeasured)).has('training-ece')).toBe(false);
    expect(figures.has('training-ece')).toBe(true);
  });
});

describe('calibration', () => {
  it('counts every image of every run once', () => {
    const figure = byId(calibrationFigures(groups)).get('reliability-plain') as Figure;
    const images = figure.data.slice(1).map((row) => Number(row[1]));
    expect(images.reduce((sum, count) => sum + count, 0)).toBe(800);
  });

  it('shows an overconfident model below the diagonal', () => {
    const figure = byId(calibrationFigures(groups)).get('reliability-plain') as Figure;
    const [, , confidence, accuracy] = (figure.data.at(-1) as string[]).map(Number);
    expect(accuracy).toBeLessThan(confidence - 0.02);
  });
});

describe('risk against coverage', () => {
  it('ends at the error rate of all images', () => {
    const points = pointsOf(riskCoverageFigure(groups)).filter(({ series }) => series === 'plain');
    const errors = groups[0].runs.map(({ scores }) => 1 - scores.correct.reduce((a, b) => a + b) / 400);
    expect(points.at(-1)?.x).toBe(1);
    expect(points.at(-1)?.y).toBeCloseTo((errors[0] + errors[1]) / 2, 5);
    expect(points[9].y).toBeLessThan(points[99].y);
  });
});

describe('uncertainty of right and wrong', () => {
  it('names how well it separates them', () => {
    const figure = byId(rightWrongFigures(groups)).get('entropy-plain') as Figure;
    const areas = groups[0].runs.map(({ scores: { predictiveEntropy, correct } }) =>
      auroc(
        predictiveEntropy.filter((_, i) => correct[i] === 1),
        predictiveEntropy.filter((_, i) => correct[i] === 0),
      ),
    );
    expect(figure.caption).toContain(`AUROC ${((areas[0] + areas[1]) / 2).toFixed(3)}`);
    const shown = pointsOf(figure).filter(({ series, x }) => series === 'wrong' && x < 2.3);
    expect(shown.reduce((sum, { y }) => sum + y, 0)).toBeCloseTo(1, 4);
  });

  it('has mutual information for Bayesian groups alone', () => {
    const ids = rightWrongFigures(groups).map(({ id }) => id);
    expect(ids).toEqual(['entropy-plain', 'entropy-bayes', 'information-bayes']);
  });

  it('does without wrong predictions', () => {
    const flawless = groups.map((group) => ({
      ...group,
      runs: group.runs.map((run) => ({
        ...run,
        scores: { ...run.scores, correct: new Float64Array(400).fill(1) },
      })),
    }));
    expect(rightWrongFigures(flawless)[0].caption).toContain('There are not both kinds.');
  });
});

describe('posterior', () => {
  it('is shown for Bayesian groups, of the last epoch', () => {
    const figures = byId(posteriorFigures(groups));
    expect([...figures.keys()]).toEqual(['sigma-bayes', 'snr-bayes', 'mean-sigma-bayes']);
    const snr = pointsOf(figures.get('snr-bayes') as Figure).filter(({ y }) => y > 0);
    expect(snr).toEqual(['conv1', 'fc1'].map((series) => ({ series, x: -1, y: 1, low: 1, high: 1 })));
  });
});

describe('speed', () => {
  it('adds up epochs', () => {
    const figures = byId(speedFigures(groups));
    expect(figures.get('training-seconds')?.data[1]).toEqual(['plain', '6', '6, 6']);
    expect(figures.get('training-speed')?.data[1]).toEqual(['plain', '500', '500, 500']);
    expect(figures.get('evaluation-seconds')?.data[1]).toEqual(['plain', '0.5', '0.5, 0.5']);
  });
});

describe('evaluations', () => {
  const { groups: measured } = madeUpReport([
    { name: 'plain', behaviour: { skill: 1.5 }, noise: 0, evaluated: true },
    { name: 'bayes', behaviour: { skill: 1.5 }, noise: 100, bayesian: true, evaluated: true },
  ]);

  it('draw a model without samples as a level line beside the others', () => {
    const points = pointsOf(byId(sampleFigures(measured)).get('samples-accuracy') as Figure);
    const of = (name: string) => points.filter(({ series }) => series === name).map(({ x, y }) => [x, y]);
    expect(of('plain')).toEqual([1, 2, 3].map((s) => [s, 0.81]));
    expect(of('bayes')).toEqual([1, 2, 3].map((s) => [s, Number((0.8 + s / 100).toFixed(2))]));
  });

  it('average corruptions over kinds, from the clean images on', () => {
    const figures = byId(corruptionFigures(measured));
    const points = pointsOf(figures.get('corruption-accuracy') as Figure);
    const plain = points.filter(({ series }) => series === 'plain').map(({ x, y }) => [x, y]);
    expect(plain).toEqual([
      [0, 0.81],
      [1, 0.65],
      [2, 0.55],
    ]);
    expect(figures.get('corruption-kinds')?.data).toEqual([
      ['', 'plain', 'bayes'],
      ['fog', '0.65', '0.65'],
      ['snow', '0.55', '0.55'],
    ]);
    expect(figures.get('corruption-accuracy')?.caption).toContain('On 300 test images.');
  });

  it('set images out of distribution against those in it', () => {
    const figures = byId(outsideFigures(measured));
    expect([...figures.keys()]).toEqual(['outside-plain', 'outside-bayes', 'outside-auroc']);
    expect(figures.get('outside-auroc')?.data[1]).toEqual(['noise', '0.85', '0.85']);
    const full = pointsOf(figures.get('outside-plain') as Figure).filter(({ y }) => y === 1);
    expect(full.map(({ series }) => series)).toEqual(['test images', 'noise']);
    expect(full[0].x).toBeLessThan(full[1].x);
  });

  it('are drawn without a complaint, and are absent where there is none', async () => {
    const complaints = vi.spyOn(console, 'warn');
    const figures = [sampleFigures, corruptionFigures, outsideFigures].flatMap((make) => make(measured));
    for (const { svg } of await drawFigures(figures)) expect(svg).not.toMatch(/NaN|undefined/);
    expect(complaints).not.toHaveBeenCalled();
    expect([sampleFigures, corruptionFigures, outsideFigures].flatMap((make) => make(groups))).toEqual([]);
  });
});

describe('drawing', () => {
  const figures = sectionsOf(groups).flatMap((section) => section.figures);

  it('is in the colours of the page, with ids of its own', async () => {
    const complaints = vi.spyOn(console, 'warn');
    const drawn = await drawFigures(figures);
    expect(complaints).not.toHaveBeenCalled();
    const ids = drawn.flatMap(({ svg }) => [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { svg, id } of drawn) {
      expect(svg, id).toMatch(/^<svg .*<\/svg>$/s);
      expect(svg, id).toMatch(/var\(--c[1-6]\)/);
      // Black is what nobody chose: it would vanish on dark paper.
      expect(svg, id).not.toMatch(/(fill|stroke)="(#000|black|#fff|white|#ddd|#888)"/);
      expect(svg, id).not.toMatch(/NaN|Infinity|undefined|<[^>]*[0-9][.][0-9]{3}/);
    }
  });

  it('is as wide as it says, so that a narrow page need not scale it', async () => {
    const [{ svg }] = await drawFigures(figures.slice(0, 1));
    expect(svg).toMatch(/^<svg [^>]*width="36[0-9]" [^>]*viewBox="0 0 36[0-9] 25[0-9]"/);
  });

  it('makes PNG with the light colours in place', async () => {
    const [{ svg }] = await drawFigures(figures.slice(0, 1));
    expect(standaloneSvg(svg)).not.toContain('var(');
    expect(standaloneSvg(svg)).toContain('fill="#ffffff"');
    const png = Buffer.from(await plotPng(svg));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBeGreaterThanOrEqual(720);
  });

  it.each([
    ['cnn', 'cnn'],
    ['Bayes, all (3)', 'bayes-all-3'],
    ['../../etc', 'etc'],
    ['çé', 'x'],
  ])('names the figures of %s %s', (name, expected) => {
    expect(slug(name)).toBe(expected);
  });
});
