import { calibrationFigures } from './figures/calibration.js';
import { corruptionFigures, outsideFigures, sampleFigures } from './figures/evaluated.js';
import type { Figure } from './figures/figure.js';
import { posteriorFigures } from './figures/posterior.js';
import { rightWrongFigures } from './figures/right-wrong.js';
import { riskCoverageFigure } from './figures/risk-coverage.js';
import { speedFigures } from './figures/speed.js';
import { trainingFigures } from './figures/training.js';
import type { ReportGroup } from './report-input.js';

/** A part of the report: plots under one question. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly lead: string;
  readonly figures: readonly Figure[];
}

/** Every section that has something to show, in the page's order. */
export function sectionsOf(groups: readonly ReportGroup[]): Section[] {
  const sections: Section[] = [
    {
      id: 'training',
      title: 'Training',
      lead: 'Line: mean over the runs of a group. Band: from the lowest to the highest run.',
      figures: trainingFigures(groups),
    },
    {
      id: 'calibration',
      title: 'Calibration: is confidence deserved?',
      lead: 'Of all images that a model calls with 80 % confidence, 80 % should be right.',
      figures: calibrationFigures(groups),
    },
    {
      id: 'selection',
      title: 'Selective prediction: does it know when to ask?',
      lead: 'Confidence is useful where the least confident images are the wrong ones.',
      figures: [riskCoverageFigure(groups)],
    },
    {
      id: 'uncertainty',
      title: 'Uncertainty of right and wrong predictions',
      lead: 'Each outline is a histogram of its own kind of image, so that few wrong ones are as tall as many right ones.',
      figures: rightWrongFigures(groups),
    },
    {
      id: 'outside',
      title: 'Out of distribution: does it know what it has never seen?',
      lead: 'Images that belong to no class should be met with doubt.',
      figures: outsideFigures(groups),
    },
    {
      id: 'corruption',
      title: 'Corrupted images',
      lead: 'The same test images made worse by noise, blur, weather and digital faults.',
      figures: corruptionFigures(groups),
    },
    {
      id: 'samples',
      title: 'Posterior samples: how many are enough?',
      lead: 'A Bayesian prediction averages several networks that are drawn from the posterior.',
      figures: sampleFigures(groups),
    },
    {
      id: 'posterior',
      title: 'The posterior',
      lead: 'What the weights of the Bayesian layers came to.',
      figures: posteriorFigures(groups),
    },
    {
      id: 'speed',
      title: 'Speed',
      lead: 'Times hold for the machine below and for what else it did at that time.',
      figures: speedFigures(groups),
    },
  ];
  return sections.filter(({ figures }) => figures.length > 0);
}
