import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GradientReport } from '../../src/runs/inspect-gradients.js';
import { root, run, sharedCache } from './command.js';
import { runHere } from './in-process.js';

const options = { cache: sharedCache };
const config = path.join(root, 'configs/quickstart.json');
const args = [
  ...['inspect', 'gradients', '--config', config, '--subset', '200', '--threads', '1'],
  ...['--set', 'train.batchSize=8', '--repeats', '3'],
];
const gradients = (...more: string[]) => runHere([...args, ...more], options);

describe('inspect gradients', () => {
  it('measures every estimator by layer', async () => {
    const { code, stdout, stderr } = await gradients('--json');
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as GradientReport;
    expect(report).toMatchObject({ batch: 8, repeats: 3, engine: 'simd' });
    const names = ['lrt', 'weight-sampling', 'weight-sampling-per-example', 'flipout', 'mean'];
    expect(report.estimators.map(({ estimator }) => estimator)).toEqual(names);
    for (const { estimator, layers } of report.estimators) {
      expect(layers.map(({ layer }) => layer)).toEqual(['conv1', 'conv2', 'fc1', 'fc2', 'fc3']);
      for (const { mu, rho, point } of layers) {
        expect(point).toBeNull();
        for (const part of [mu, rho]) {
          expect(part?.mean_norm).toBeGreaterThan(0);
          if (estimator === 'mean') expect(part?.variance).toBe(0);
          else expect(part?.variance).toBeGreaterThan(0);
        }
      }
    }
  });

  it('prints a table, and the same figures again', async () => {
    const more = ['--estimators', 'flipout,lrt', '--quiet', '--set', 'model.bayesian=["fc3"]'];
    const { code, stdout, stderr } = await gradients(...more);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^gradient of the loss on 8 images, 3 draws/);
    expect(stdout).toMatch(/^flipout +conv1 +point +\d\.\d{3}e[+-]\d+ +\d\.\d{3}e[+-]\d+$/m);
    expect(stdout).toMatch(/^lrt +fc3 +rho +\d\.\d{3}e[+-]\d+ +\d\.\d{3}e[+-]\d+$/m);
    // From a process of its own.
    expect((await run([...args, ...more], options)).stdout).toBe(stdout);
  });

  it.each([
    [['--set', 'model.bayesian=none'], /model\.bayesian: Bayesian layers wanted, got "none"/],
    [['--estimators', 'lrt,magic'], /--estimators: some of lrt, .*, got magic/],
    [['--repeats', '1'], /a whole number of at least 2/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await gradients(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });
});
