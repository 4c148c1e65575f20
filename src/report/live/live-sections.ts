import { reliabilityFigure } from '../figures/calibration.js';
import type { Figure } from '../figures/figure.js';
import { type LinePoint, lineCells, linePoint, lineSpec } from '../figures/lines.js';
import { posteriorFigures } from '../figures/posterior.js';
import { trainingFigures } from '../figures/training.js';
import type { Section } from '../sections.js';
import type { LiveRun } from './live-run.js';

/** What is drawn of the shown runs; every run keeps its colour from plot to plot. */
export function liveSections(runs: readonly LiveRun[]): Section[] {
  const groups = runs.map(({ group }) => group);
  const sections: Section[] = [
    {
      id: 'training',
      title: 'Training',
      lead: 'A point for each epoch that has ended.',
      figures: [...trainingFigures(groups, true), ...lossFigures(runs)],
    },
    {
      id: 'calibration',
      title: 'Calibration: is confidence deserved?',
      lead: 'Test images by the best checkpoint so far. Of all that a model calls with 80 % confidence, 80 % should be right.',
      figures: groups.flatMap((group, at) =>
        group.runs[0].scores.nll.length === 0 ? [] : [reliabilityFigure(group, at)],
      ),
    },
    {
      id: 'posterior',
      title: 'Health of the posterior',
      lead: 'The weights of each Bayesian layer after the last epoch, and on the way there.',
      figures: posteriorFigures(groups),
    },
  ];
  return sections.filter(({ figures }) => figures.length > 0);
}

/** Losses within the epochs, of runs that print them. */
function lossFigures(runs: readonly LiveRun[]): Figure[] {
  const points = runs.flatMap(({ group, losses }) =>
    losses.map(({ step, loss }): LinePoint => linePoint(group.name, step, [loss])),
  );
  if (points.length === 0) return [];
  const options = {
    series: runs.map(({ group }) => group.name),
    x: { title: 'optimizer step', whole: true },
    y: { title: 'nats' },
  };
  return [
    {
      id: 'printed-loss',
      title: 'Printed loss',
      caption: 'Mean NLL of each train.printEvery mini-batches: what happens within an epoch.',
      spec: lineSpec(points, options),
      data: lineCells(points, options),
    },
  ];
}
