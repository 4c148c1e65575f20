import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TIME_COLUMNS } from '../../src/train/row.js';
import { type Finished, root, run, scratch } from '../cli/command.js';
import { HEAD_ARCHIVE, HEAD_SHA256 } from '../unit/data/support.js';

/** The built program trains both models on 1,000 images, well enough to have learned, the same on any threads. */
const real = existsSync(HEAD_ARCHIVE);
const data = real
  ? ['--archive', HEAD_ARCHIVE, '--sha256', HEAD_SHA256]
  : ['--set', 'data.source=synthetic', '--subset', '1000'];
const origin = real ? 'CIFAR-10' : `synthetic images (no ${HEAD_ARCHIVE}; set BAYESCNN_SHARED)`;
/** Chance is 0.1 on either. */
const FLOOR = real ? 0.25 : 0.4;

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => run(args, { cache: path.join(directory, 'cache') });

type Row = Record<string, number | null>;

interface Summary {
  run: string;
  parameters: number;
  threads: number;
  engine: string;
  train_images: number;
  test_images: number;
  final: Row;
}

/** Files of a run, by path in its folder. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** A run's metrics.jsonl with the times cut out of its text, so that all other bytes are compared. */
function timelessMetrics(folder: string): string {
  const text = readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8');
  const times = new RegExp(`"(${TIME_COLUMNS.join('|')})":[^,}]+`, 'g');
  const lines = text.trimEnd().split('\n').length;
  expect(text.match(times)).toHaveLength(TIME_COLUMNS.length * lines);
  return text.replace(times, '"$1":0');
}

function lastRow(folder: string): Row {
  const text = readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8');
  return JSON.parse(text.trimEnd().split('\n').at(-1) as string) as Row;
}

describe.each([
  ['smoke-cnn', 62_006],
  ['smoke-bayes', null],
] as const)(`%s on 1,000 images of ${origin}`, (name, parameters) => {
  const runs: Record<number, { finished: Finished; summary: Summary }> = {};

  beforeAll(async () => {
    for (const threads of [1, 2]) {
      const config = path.join(root, `configs/${name}.json`);
      const out = path.join(directory, `threads-${threads}`);
      const finished = await bayescnn(
        ...['train', '--config', config, '--out', out, '--threads', String(threads)],
        ...['--backend', 'simd', '--json', ...data],
      );
      expect(finished.code, finished.stderr).toBe(0);
      runs[threads] = { finished, summary: JSON.parse(finished.stdout) as Summary };
    }
  });

  it('learns: test accuracy above the floor', () => {
    const { final, train_images, test_images } = runs[1].summary;
    expect([train_images, test_images]).toEqual([1000, 1000]);
    expect(final.test_accuracy).toBeGreaterThan(FLOOR);
    expect(final.train_accuracy).toBeGreaterThan(FLOOR);
    expect(final.test_nll).toBeLessThan(Math.log(10));
  });

  it('counts its parameters and says what ran', () => {
    for (const threads of [1, 2]) {
      const { summary, finished } = runs[threads];
      expect(summary).toMatchObject({ engine: 'simd', threads });
      if (parameters === null) expect(summary.parameters).toBeGreaterThan(62_006);
      else expect(summary.parameters).toBe(parameters);
      expect(finished.stderr).toMatch(/^engine simd/m);
      // Each step runs as one program: a step that falls back would be slow, not wrong.
      expect(finished.stderr).not.toContain('not replayed');
    }
  });

  it('keeps the whole run and nothing half-written', () => {
    const { summary } = runs[1];
    const files = filesOf(summary.run);
    const wanted = [
      'checkpoints/best.safetensors',
      'checkpoints/last.safetensors',
      'config.json',
      'environment.json',
      'metrics.csv',
      'metrics.jsonl',
      ...(name === 'smoke-bayes' ? ['posterior.jsonl'] : []),
      'predictions.safetensors',
      'summary.json',
    ].map(path.normalize);
    expect(files.filter((file) => file !== 'losses.jsonl')).toEqual(wanted);
    const kept = JSON.parse(readFileSync(path.join(summary.run, 'summary.json'), 'utf8')) as Summary;
    expect(kept).toEqual(summary);
    expect(summary.final).toEqual(lastRow(summary.run));
    const csv = readFileSync(path.join(summary.run, 'metrics.csv'), 'utf8').trimEnd().split('\n');
    expect(csv).toHaveLength(1 + (summary.final.epoch as number));
  });

  it('gives the same metrics and checkpoints with one thread and with two', () => {
    const [one, two] = [runs[1].summary.run, runs[2].summary.run];
    expect(timelessMetrics(two)).toBe(timelessMetrics(one));
    for (const checkpoint of ['last', 'best']) {
      const file = path.join('checkpoints', `${checkpoint}.safetensors`);
      const same = readFileSync(path.join(one, file)).equals(readFileSync(path.join(two, file)));
      expect(same, checkpoint).toBe(true);
    }
  });

  it('evaluates the last checkpoint to exactly the last row', async () => {
    const { run: folder } = runs[1].summary;
    const { code, stdout, stderr } = await bayescnn('eval', folder, '--checkpoint', 'last', '--json');
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as Row;
    const row = lastRow(folder);
    expect(report).toMatchObject({
      n: 1000,
      epoch: row.epoch,
      accuracy: row.test_accuracy,
      nll: row.test_nll,
      ece: row.ece,
      brier: row.brier,
      predictive_entropy: row.predictive_entropy,
      expected_entropy: row.expected_entropy,
      mutual_information: row.mutual_information,
      samples: row.samples,
    });
  });
});
