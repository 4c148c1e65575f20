import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => runHere(args, { cache: sharedCache });
const out = path.join(directory, 'results');
const folder = path.join(out, 'tiny');
const exported = path.join(directory, 'exported');

type Metrics = Record<string, number>;
type Report = Metrics & { curve: Metrics[]; selection: string };

async function evaluate(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await bayescnn('eval', folder, '--threads', '1', '--json', ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Report;
}

describe('eval of a Bayesian run', () => {
  let report: Report;

  beforeAll(async () => {
    const trained = await bayescnn(
      ...tinyTraining(out, '--name', 'tiny', '--quiet'),
      ...['--set', 'model.bayesian=conv', '--set', 'data.validation=40'],
    );
    expect(trained.code, trained.stderr).toBe(0);
    report = await evaluate('--samples', '4', '--curve', '--export', exported);
  });

  it('reports a curve whose points are evaluations of their own', async () => {
    expect(report.curve.map((point) => point.samples)).toEqual([1, 2, 3, 4]);
    expect(report).toMatchObject(report.curve[3]);
    expect(report.curve[3].mutual_information).toBeGreaterThan(0);
    const two = await evaluate('--samples', '2');
    expect(two).toMatchObject(report.curve[1]);
    expect(two.curve).toBeUndefined();
    // Independent samples: more of them change the figures.
    expect(report.curve[0].nll).not.toBe(report.curve[1].nll);
  });

  it('exports all that the metrics are made of', () => {
    expect(readdirSync(exported).sort()).toEqual([
      'curve.csv',
      'evaluation.json',
      'indices.npy',
      'labels.npy',
      'mean_probabilities.npy',
      'predictions.csv',
      'probabilities.npy',
    ]);
    const kept = JSON.parse(readFileSync(path.join(exported, 'evaluation.json'), 'utf8')) as Report;
    expect(kept).toEqual(report);
    const bytes = readFileSync(path.join(exported, 'probabilities.npy'));
    expect(bytes.toString('latin1', 10, 80)).toContain("'shape': (4, 200, 10)");
    expect(bytes.length).toBe(128 + 4 * 4 * 200 * 10);
    const [heads, ...rows] = readFileSync(path.join(exported, 'predictions.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    const at = heads.split(',').indexOf('nll');
    const mean = rows.reduce((sum, row) => sum + Number(row.split(',')[at]), 0) / rows.length;
    expect(rows).toHaveLength(200);
    expect(mean).toBeCloseTo(report.nll, 12);
    const curve = readFileSync(path.join(exported, 'curve.csv'), 'utf8').trimEnd().split('\n');
    expect(curve).toHaveLength(5);
    expect(curve[0]).toMatch(/^samples,/);
  });

  it('overwrites no export', async () => {
    const before = readFileSync(path.join(exported, 'evaluation.json'), 'utf8');
    const { code, stdout, stderr } = await bayescnn('eval', folder, '--export', exported);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('expected a new folder, got a folder that exists');
    expect(readFileSync(path.join(exported, 'evaluation.json'), 'utf8')).toBe(before);
  });

  it('leaves no export behind when it fails', async () => {
    const target = path.join(directory, 'failed');
    const { code } = await bayescnn('eval', folder, '--export', target, '--subset', '99999');
    expect(code).toBe(2);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(directory).filter((name) => name.includes('failed'))).toEqual([]);
  });

  it('says what selected the checkpoint, and warns of the images that did', async () => {
    expect(report.selection).toBe('validation');
    expect((await evaluate('--checkpoint', 'last', '--subset', '20')).selection).toBe('none');
    const { code, stdout, stderr } = await bayescnn('eval', folder, '--split', 'validation', '--quiet');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^epoch +\d, selected by validation NLL$/m);
    expect(stderr).toContain('warning: the checkpoint was chosen on these images');
  });
});
