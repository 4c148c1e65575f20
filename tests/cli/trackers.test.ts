import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrackerExportReport } from '../../src/runs/trackers/export.js';
import type { PosteriorRow } from '../../src/train/posterior-row.js';
import type { LossPrint, MetricsRow } from '../../src/train/row.js';
import { root, scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => runHere(args, { cache: sharedCache });
const at = (...names: string[]) => path.join(directory, ...names);
const folder = at('results', 'bayes');

const PYTHON = process.env.BAYESCNN_PYTHON ?? 'python3';
const has = (module: string) => spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0;
const [hasTensorboard, hasMlflow] = [has('tensorboard.backend'), has('mlflow')];
for (const [name, found] of Object.entries({ tensorboard: hasTensorboard, mlflow: hasMlflow }))
  if (!found) console.info(`${PYTHON} has no ${name}, which does not read the export (see BAYESCNN_PYTHON)`);

/** What the tracker itself reads. */
function read<T>(tracker: string, place: string): T {
  const script = path.join(root, 'tests/cli/read-trackers.py');
  const text = execFileSync(PYTHON, [script, tracker, place], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return JSON.parse(text) as T;
}

function rows<T>(name: string): T[] {
  const lines = readFileSync(path.join(folder, name), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as T);
}

async function exported(...args: string[]): Promise<TrackerExportReport> {
  const { code, stdout, stderr } = await bayescnn('export', folder, '--json', ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as TrackerExportReport;
}

type Point = [step: number, time: number, value: number];
const withoutTime = (points: readonly Point[]) => points.map(([step, , value]) => [step, value]);

beforeAll(async () => {
  const settings = ['--set', 'model.bayesian=conv', '--set', 'eval.every=2', '--set', 'eval.samples=2'];
  const live = ['--tensorboard', at('live')];
  const { code, stderr } = await bayescnn(
    ...tinyTraining(at('results'), '--name', 'bayes', '--quiet', ...settings, ...live),
  );
  expect(code, stderr).toBe(0);
});

describe('TensorBoard', () => {
  it('is told during training what an export tells afterwards', async () => {
    const [{ path: file, moments }] = (await exported('--format', 'tensorboard', '--out', at('tb'))).runs;
    expect(path.relative(directory, file)).toMatch(/^tb.bayes.events\.out\.tfevents\.\d+\.bayescnn$/);
    expect(moments).toBe(2 + rows('losses.jsonl').length);
    expect(readFileSync(at('live', 'bayes', path.basename(file))).equals(readFileSync(file))).toBe(true);
  });

  it.skipIf(!hasTensorboard)('reads scalars, histograms and texts as they were measured', () => {
    const seen = read<{
      scalars: Record<string, Point[]>;
      histograms: Record<string, [number, number[], number[]][]>;
      plugins: Record<string, string>;
      texts: Record<string, string>;
    }>('tensorboard', at('live', 'bayes'));
    const metrics = rows<MetricsRow>('metrics.jsonl');
    const points = (tag: string) => withoutTime(seen.scalars[tag]);
    expect(points('train/loss')).toEqual(metrics.map((row) => [row.epoch, Math.fround(row.train_loss)]));
    // Measured after the second epoch alone.
    expect(points('test/ece')).toEqual([[2, Math.fround(metrics[1].ece as number)]]);
    expect(points('train/printed_loss')).toEqual(
      rows<LossPrint>('losses.jsonl').map(({ epoch, batch, loss }) => [
        (epoch - 1) * metrics[0].step + batch,
        Math.fround(loss),
      ]),
    );
    const conv2 = rows<PosteriorRow>('posterior.jsonl').filter(({ layer }) => layer === 'conv2');
    expect(points('posterior/conv2/kl')).toEqual(conv2.map(({ epoch, kl }) => [epoch, Math.fround(kl)]));
    const [, limits, counts] = seen.histograms['log10_snr/conv2'][1];
    expect(counts).toEqual(conv2[1].snr_histogram);
    expect([limits[0], limits.at(-1)]).toEqual([-3.75, 2]);
    expect(seen.plugins).toMatchObject({ 'train/loss': 'scalars', 'log10_snr/conv1': 'histograms' });
    expect(seen.texts.config).toContain('| model.bayesian | conv |');
    expect(seen.texts.environment).toContain('| engine | simd |');
  });
});

describe('MLflow', () => {
  it.skipIf(!hasMlflow)('reads params, metrics with steps, tags and artifacts', async () => {
    await exported('--format', 'mlflow', '--out', at('mlruns'), '--experiment', "Bob's: first");
    const { experiments, runs } = read<{
      experiments: [name: string, tags: Record<string, string>][];
      runs: {
        name: string;
        status: string;
        start: number;
        params: Record<string, string>;
        tags: Record<string, string>;
        metrics: Record<string, Point[]>;
        artifacts: string[];
      }[];
    }>('mlflow', at('mlruns'));
    expect(experiments).toEqual([["Bob's: first", { 'mlflow.experimentKind': 'custom_model_development' }]]);
    const [seen, ...others] = runs;
    expect([seen.name, seen.status, others]).toEqual(['bayes', 'FINISHED', []]);
    const environment = JSON.parse(readFileSync(path.join(folder, 'environment.json'), 'utf8'));
    expect(seen.start).toBe(Date.parse(environment.started_at));
    expect(seen.params).toMatchObject({
      'model.bayesian': 'conv',
      'train.epochs': '2',
      'data.sha256': 'null',
    });
    const metrics = rows<MetricsRow>('metrics.jsonl');
    const points = (key: string) => withoutTime(seen.metrics[key]);
    expect(points('train_loss')).toEqual(metrics.map((row) => [row.epoch, row.train_loss]));
    expect(points('test_accuracy')).toEqual([[2, metrics[1].test_accuracy]]);
    expect(points('printed_loss').map(([, loss]) => loss)).toEqual(
      rows<LossPrint>('losses.jsonl').map(({ loss }) => loss),
    );
    expect(Object.keys(seen.metrics)).toContain('posterior/conv1/median_snr');
    expect(seen.tags).toMatchObject({ 'mlflow.runName': 'bayes', 'bayescnn.engine': 'simd' });
    expect(seen.artifacts).toEqual(
      expect.arrayContaining(['checkpoints', 'config.json', 'metrics.csv', 'summary.json']),
    );
  });
});

describe('export', () => {
  it('refuses what another format knows, and two runs at once for PyTorch', async () => {
    for (const [message, ...args] of [
      [
        '--experiment belongs to --format mlflow, got it with tensorboard',
        '--experiment',
        'x',
        '--format',
        'tensorboard',
      ],
      ['expected one run for --format pytorch, got 2', folder, '--format', 'pytorch'],
    ]) {
      const { code, stdout, stderr } = await bayescnn('export', folder, ...args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(message);
    }
  });
});
