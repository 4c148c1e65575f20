import { sigmaOf } from '../models/initialize.js';
import {
  imageScores,
  type ReportGroup,
  type ReportRun,
  SIGMA_BINS,
  type SigmaHistogram,
} from '../report/index.js';
import {
  loadCheckpoint,
  type NamedArrays,
  type OpenedRun,
  openRun,
  readMetrics,
  readPosterior,
} from '../results/index.js';
import type { LoadedGroup } from './compare.js';
import type { LoadedRun } from './compared-run.js';
import { readEvaluation } from './kept-evaluation.js';

/** Reads what a report shows of a group beyond its comparison. */
export async function reportGroup({ name, bayesian, runs }: LoadedGroup): Promise<ReportGroup> {
  const reported: ReportRun[] = [];
  for (const run of runs) reported.push(await reportRun(run, bayesian));
  return { name, bayesian, runs: reported };
}

async function reportRun(run: LoadedRun, bayesian: boolean): Promise<ReportRun> {
  const opened = await openRun(run.path);
  return {
    name: run.name,
    seed: run.seed,
    samples: run.predicted.samples,
    scores: imageScores(run.predicted),
    metrics: await readMetrics(run.path),
    posterior: await readPosterior(run.path),
    sigmas: bayesian ? sigmaHistograms((await loadCheckpoint(opened.checkpoint('best'))).weights) : [],
    notes: run.config.notes,
    evaluation: await readEvaluation(run),
    warnings: warningsOf(opened, run),
    environment: [
      ['seed', String(run.seed)],
      ['epochs', String(run.config.train.epochs)],
      ['best epoch', String(run.predicted.epoch)],
      ['posterior samples', String(run.predicted.samples)],
      ...facts(opened.environment ?? {}),
      ['data sha256', run.dataset.slice(0, 12)],
    ],
  };
}

/** That it has not ended comes first: such a run is compared by the epochs that it has. */
function warningsOf({ summary }: OpenedRun, { config, predicted }: LoadedRun): string[] {
  if (summary === null)
    return [`it has not ended: its best checkpoint is of epoch ${predicted.epoch} of ${config.train.epochs}`];
  const told = summary.warnings;
  return Array.isArray(told) ? told.map(String) : [];
}

/** Facts of environment.json in words; what an older or a changed file lacks is left out. */
function facts(environment: Record<string, unknown>): [string, string][] {
  const { engine, version, node, cpu, cores, started_at } = environment;
  const { name, threads } = (engine ?? {}) as Record<string, unknown>;
  const rows: [string, unknown][] = [
    ['engine', name],
    ['threads', threads],
    ['bayescnn', version],
    ['Node', node],
    ['CPU', cpu],
    ['cores', cores],
    ['started', started_at],
  ];
  return rows.filter(([, value]) => value !== undefined).map(([fact, value]) => [fact, String(value)]);
}

/** Histograms of log10 sigma, sigma = softplus(rho), over the weights and biases of each Bayesian layer. */
function sigmaHistograms(weights: NamedArrays): SigmaHistogram[] {
  const counts = new Map<string, number[]>();
  for (const [name, { data }] of Object.entries(weights)) {
    if (!name.endsWith('_rho')) continue;
    const layer = name.slice(0, name.lastIndexOf('.'));
    const own = counts.get(layer) ?? new Array<number>(SIGMA_BINS.count).fill(0);
    for (const rho of data) own[sigmaBin(rho)]++;
    counts.set(layer, own);
  }
  return [...counts].map(([layer, own]) => ({ layer, counts: own }));
}

function sigmaBin(rho: number): number {
  const { low, high, count } = SIGMA_BINS;
  const bin = Math.floor(((Math.log10(sigmaOf(rho)) - low) / (high - low)) * count);
  return Math.min(count - 1, Math.max(0, bin));
}
