import path from 'node:path';
import { BayescnnError } from '../errors.js';
import {
  type ComparisonReport,
  compareGroups,
  differences,
  type RunGroup,
  sameImages,
} from '../report/index.js';
import { isBayesian, type LoadedRun, loadRun } from './compared-run.js';
import type { PredictionsRequest } from './predictions.js';

export interface ComparisonRequest extends PredictionsRequest {
  /** Run folders; the group of the first is the reference. */
  runs: readonly string[];
  /** What makes runs one group: a config (seeds aside), or nothing. */
  by: 'config' | 'run';
  /** Compare runs on different data or splits; where test images differ nothing is tested on images. */
  allowDifferentData: boolean;
  resamples: number;
  /** Of the resampling. */
  seed: number;
}

/**
 * Settings that make no other experiment: names, the seed, where the same data lie (their checksum is compared),
 * and what has no effect on results but for an engine's rounding.
 */
const NOT_THE_EXPERIMENT = /^(seed|data\.(archive|sha256)|backend\..*|eval\.batchSize|train\.printEvery)$/;

/** Settings that decide which images a run sees. */
const DATA = /^data\.(source|subset|validation)(\..*)?$/;

/**
 * Compares runs on the test images that they share.
 * @throws BayescnnError 'usage' for fewer than two runs, a run given twice, or runs on different data
 */
export async function runComparison(request: ComparisonRequest): Promise<ComparisonReport> {
  if (request.runs.length < 2) {
    throw new BayescnnError('usage', `compare: expected at least two runs, got ${request.runs.length}`, {
      hint: 'bayescnn compare results/cnn results/bayes-all; `bayescnn eval` shows a single run',
    });
  }
  return (await compareFolders(request, 'compare')).comparison;
}

/** Runs of one configuration, as they were loaded. */
export type LoadedGroup = Omit<RunGroup, 'runs'> & { readonly runs: readonly LoadedRun[] };

/**
 * Loads runs, groups them and compares the groups; a single run is a group without a comparison.
 * @param command that asks, for messages
 * @throws BayescnnError as `runComparison`
 */
export async function compareFolders(
  request: ComparisonRequest,
  command: string,
): Promise<{ groups: LoadedGroup[]; comparison: ComparisonReport }> {
  checkFolders(request.runs, command);
  const runs: LoadedRun[] = [];
  for (const folder of request.runs) {
    request.signal?.throwIfAborted();
    runs.push(await loadRun(folder, request));
  }
  const named = withOwnNames(runs);
  const unlike = dataDifferences(named);
  if (unlike.length > 0 && !request.allowDifferentData) throw differentData(unlike, command);
  const groups = groupsOf(named, request.by);
  const warnings = [...unlike.map((text) => `the runs are on different data: ${text}`), ...repeated(groups)];
  for (const warning of warnings) request.reporter.warn(warning);
  const { resamples, seed } = request;
  const comparison = {
    ...compareGroups(groups, { resamples, seed }),
    settings: differences(named),
    environment: differences(named.map(({ name, environment }) => ({ name, settings: environment }))),
    warnings,
    resamples,
    seed,
  };
  return { groups, comparison };
}

function checkFolders(folders: readonly string[], command: string): void {
  const paths = folders.map((folder) => path.resolve(folder));
  const twice = folders.find((_, i) => paths.indexOf(paths[i]) !== i);
  if (twice !== undefined)
    throw new BayescnnError('usage', `${command}: expected each run once, got ${twice} twice`, {
      hint: 'leave one out',
    });
}

/** Runs whose folders have one name are named by their paths. */
function withOwnNames(runs: readonly LoadedRun[]): LoadedRun[] {
  const count = (name: string) => runs.filter((run) => run.name === name).length;
  return runs.map((run) =>
    count(run.name) === 1 ? run : { ...run, name: path.relative(process.cwd(), run.path) },
  );
}

/** What says that runs saw different images, one text a fact. */
function dataDifferences(runs: readonly LoadedRun[]): string[] {
  const facts = runs.map(({ name, dataset, predicted, settings }) => {
    const own = [...settings].filter(([setting]) => DATA.test(setting));
    const images = String(predicted.labels.length);
    return { name, settings: new Map([['archive', dataset.slice(0, 12)], ['test images', images], ...own]) };
  });
  const texts = differences(facts).map(({ setting, values }) => {
    const each = values.map(({ value, runs: names }) => `${value} (${names.join(', ')})`);
    return `${setting} ${each.join(' and ')}`;
  });
  return texts.length > 0 || sameImages(runs) ? texts : ['other test images, or in another order'];
}

function differentData(unlike: readonly string[], command: string): BayescnnError {
  return new BayescnnError(
    'usage',
    `${command}: runs must share their data and splits, got ${unlike.join('; ')}`,
    {
      hint: '--allow-different-data compares them all the same, and tests on images where the test images agree',
    },
  );
}

/** Groups in the order in which their first runs were given. */
function groupsOf(runs: readonly LoadedRun[], by: 'config' | 'run'): LoadedGroup[] {
  const groups = new Map<string, LoadedRun[]>();
  for (const run of runs) {
    const key = by === 'run' ? run.path : experimentKey(run);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const lists = [...groups.values()];
  const names = lists.map((list) => commonName(list.map(({ name }) => name)));
  return lists.map((list, i) => ({
    name: names.indexOf(names[i]) === names.lastIndexOf(names[i]) ? names[i] : list[0].name,
    bayesian: isBayesian(list[0].config),
    runs: list,
  }));
}

function experimentKey({ settings, dataset }: LoadedRun): string {
  const own = [...settings].filter(([setting]) => !NOT_THE_EXPERIMENT.test(setting)).sort();
  return JSON.stringify([dataset, own]);
}

/** What names have in common, without a number that begins at its end: cnn-0 and cnn-1 give cnn. */
function commonName(names: readonly string[]): string {
  if (names.length === 1) return names[0];
  let length = 0;
  while (length < names[0].length && names.every((name) => name[length] === names[0][length])) length++;
  const common = names[0].slice(0, length).replace(/([-_.]?seed)?[-_.]*\d*[-_.]*$/, '');
  return common === '' ? names[0] : common;
}

/** Runs of one group and one seed are one run counted twice. */
function repeated(groups: readonly RunGroup[]): string[] {
  return groups.flatMap(({ runs }) =>
    runs.flatMap((run, i) => {
      const first = runs.findIndex(({ seed }) => seed === run.seed);
      if (first === i) return [];
      return [
        `${runs[first].name} and ${run.name} have one config and seed ${run.seed}: they are no repetitions`,
      ];
    }),
  );
}
