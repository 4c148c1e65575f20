import { SNR_BINS } from '../../metrics/index.js';
import { type ReportGroup, SIGMA_BINS } from '../report-input.js';
import { type Figure, slug } from './figure.js';
import { shareOf } from './histogram.js';
import { type HistogramSeries, histogramFigure } from './histogram-lines.js';
import { lineCells, linePoint, lineSpec } from './lines.js';

/** For each Bayesian group: sigma of its weights, signal to noise, and sigma over the epochs. */
export function posteriorFigures(groups: readonly ReportGroup[]): Figure[] {
  return groups
    .filter(({ runs }) => runs.some(({ posterior }) => posterior.length > 0))
    .flatMap((group) => [sigmaFigure(group), snrFigure(group), sigmaCurve(group)])
    .filter((figure) => figure !== null);
}

function sigmaFigure({ name, runs }: ReportGroup): Figure | null {
  const layers = [...new Set(runs.flatMap(({ sigmas }) => sigmas.map(({ layer }) => layer)))];
  if (layers.length === 0) return null;
  const series = layers.map((layer): HistogramSeries => {
    const own = runs.flatMap(({ sigmas }) => sigmas.filter((each) => each.layer === layer));
    return { name: layer, runs: own.map(({ counts }) => shareOf(counts)) };
  });
  return histogramFigure(
    {
      id: `sigma-${slug(name)}`,
      title: `Width of the posterior: ${name}`,
      caption:
        'Weights of each layer by log10 of their standard deviation, after the best epoch. A layer that stays at its start has learned nothing about its own uncertainty; one at the prior has been switched off.',
    },
    series,
    SIGMA_BINS,
    { title: 'log10 of sigma' },
    "the layer's weights",
  );
}

function snrFigure({ name, runs }: ReportGroup): Figure {
  const last = runs.flatMap(({ posterior }) => {
    const end = Math.max(...posterior.map(({ epoch }) => epoch));
    return posterior.filter(({ epoch }) => epoch === end);
  });
  const layers = [...new Set(last.map(({ layer }) => layer))];
  return histogramFigure(
    {
      id: `snr-${slug(name)}`,
      title: `Signal to noise of the weights: ${name}`,
      caption:
        'Weights of each layer by log10 of |mean| / standard deviation, after the last epoch. Weights left of 0 are more noise than signal and could be pruned; with all of them far left, the posterior has collapsed to its prior.',
    },
    layers.map((layer) => ({
      name: layer,
      runs: last.filter((row) => row.layer === layer).map((row) => shareOf(row.snr_histogram)),
    })),
    SNR_BINS,
    { title: 'log10 of |mu| / sigma' },
    "the layer's weights",
  );
}

function sigmaCurve({ name, runs }: ReportGroup): Figure {
  const rows = runs.flatMap(({ posterior }) => posterior);
  const series = [...new Set(rows.map(({ layer }) => layer))];
  const epochs = [...new Set(rows.map(({ epoch }) => epoch))];
  const options = {
    series,
    x: { title: 'epoch', whole: true },
    y: { title: 'mean sigma', zero: true },
  };
  const points = series.flatMap((layer) =>
    epochs.map((epoch) => {
      const own = rows.filter((row) => row.layer === layer && row.epoch === epoch);
      return linePoint(
        layer,
        epoch,
        own.map(({ mean_sigma }) => mean_sigma),
      );
    }),
  );
  return {
    id: `mean-sigma-${slug(name)}`,
    title: `Posterior width over training: ${name}`,
    caption:
      'Mean standard deviation of the weights of each layer. Rising: the layer grows more uncertain than it began, usually because the prior pulls it; flat from the start: sigma does not train.',
    spec: lineSpec(points, options),
    data: lineCells(points, options),
  };
}
