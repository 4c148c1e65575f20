import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);

async function train(name: string, ...settings: string[]) {
  const flags = settings.flatMap((setting) => ['--set', setting]);
  const args = tinyTraining(path.join(directory, 'results'), '--name', name, ...flags);
  const { code, stdout, stderr } = await runHere(args, { cache: sharedCache });
  expect(code, stderr).toBe(0);
  const folder = path.join(directory, 'results', name);
  const summary = JSON.parse(readFileSync(path.join(folder, 'summary.json'), 'utf8'));
  return { folder, stdout, stderr, summary };
}

const LAYERS = ['conv1', 'conv2', 'fc1', 'fc2', 'fc3'];
/** A rate of next to nothing: the weights stay as they started. */
const STILL = 'train.optimizer.learningRate=1e-12';

describe('the health of posteriors', () => {
  it('is written for each epoch and Bayesian layer, and told at the end', async () => {
    const { folder, stdout, summary } = await train('healthy', 'model.bayesian=all', STILL);
    const lines = readFileSync(path.join(folder, 'posterior.jsonl'), 'utf8').trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line));
    expect(rows.map(({ epoch, layer }) => [epoch, layer])).toEqual(
      [1, 2].flatMap((epoch) => LAYERS.map((layer) => [epoch, layer])),
    );
    expect(summary.posterior).toEqual({
      log10_snr_bins: { low: -4, high: 2, count: 24 },
      layers: rows.slice(5),
    });
    const weights = rows.slice(0, 5).map((row) => row.weights);
    expect(weights).toEqual([456, 2416, 48120, 10164, 850]);
    // The columns of the whole: quickstart's sigma, and a KL whose layers add up.
    for (const { mean_sigma } of rows) expect(mean_sigma).toBeCloseTo(0.02, 6);
    const kl = rows.slice(0, 5).reduce((sum, row) => sum + row.kl, 0);
    const metrics = JSON.parse(readFileSync(path.join(folder, 'metrics.jsonl'), 'utf8').split('\n')[0]);
    expect(kl / metrics.train_kl).toBeCloseTo(1, 5);
    expect(stdout).toMatch(
      /posterior of fc1 +KL [\d,]+ nats \(\d\.\d+ a weight\), mean sigma 0\.0200, median/,
    );
  });

  it('is warned of where nothing is learnt, on the screen and in the summary', async () => {
    const collapsed = ['model.prior.sigma=5', 'model.posterior.sigma=5'];
    const { stderr, summary } = await train('ill', 'model.bayesian=all', STILL, ...collapsed);
    for (const layer of LAYERS) {
      const warning = `epoch 1: the posterior of ${layer} has collapsed to its prior`;
      expect(stderr.split(warning).length, `told once: ${layer}`).toBe(2);
      expect(summary.warnings.join('\n')).toContain(warning);
    }
    expect(stderr).toContain('warning: epoch 2: the test accuracy');
    expect(summary.warnings.at(-1)).toMatch(/cannot be told from chance \(10\.0 % \+- 6\.4 %\)/);
  });

  it('is nothing for a CNN', async () => {
    const { folder, stdout, summary } = await train('cnn');
    expect(existsSync(path.join(folder, 'posterior.jsonl'))).toBe(false);
    expect(summary.posterior).toBeNull();
    expect(stdout).not.toContain('posterior of');
  });
});
