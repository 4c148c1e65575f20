import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => runHere(args, { cache: sharedCache });
const out = path.join(directory, 'results');
const evaluate = (...args: string[]) =>
  bayescnn('eval', path.join(out, 'tiny'), '--threads', '1', '--subset', '100', '--samples', '3', ...args);

type Scores = Record<'auroc' | 'aupr_out' | 'aupr_in' | 'fpr95_out' | 'fpr95_in', number>;
interface Report extends Record<string, unknown> {
  corruptions: Record<string, unknown>[];
  corruption_means: {
    kinds: number;
    error: number;
    overall: Record<string, number>;
    by_severity: Record<string, number>[];
  };
  ood: ({ set: string; n: number } & Record<string, Scores>)[];
}

beforeAll(async () => {
  const trained = await bayescnn(
    ...tinyTraining(out, '--name', 'tiny', '--quiet', '--set', 'model.bayesian=all'),
  );
  expect(trained.code, trained.stderr).toBe(0);
});

describe('eval --corrupt', () => {
  it('at severity 0 is the clean evaluation, digit for digit', async () => {
    const { code, stdout, stderr } = await evaluate('--corrupt', 'fog', '--severity', '0', '--json');
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout) as Report;
    const [{ kind, severity, ...metrics }] = report.corruptions;
    expect([kind, severity]).toEqual(['fog', 0]);
    expect(Object.keys(metrics).length).toBeGreaterThan(15);
    expect(report).toMatchObject(metrics);
  });

  it('has every severity, which change the figures', async () => {
    const { stdout } = await evaluate('--corrupt', 'contrast', '--json');
    const { corruptions, nll } = JSON.parse(stdout) as Report;
    expect(corruptions.map(({ severity }) => severity)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set([nll, ...corruptions.map((point) => point.nll)]).size).toBe(6);
  });

  it('gives the means over the benchmark, extra kinds apart', async () => {
    const { stdout } = await evaluate(
      '--corrupt',
      'jpeg_compression,snow,saturate',
      '--severity',
      '1,5',
      '--json',
    );
    const { corruptions, corruption_means: means } = JSON.parse(stdout) as Report;
    expect(corruptions.map(({ kind, severity }) => `${kind} ${severity}`)).toEqual(
      ['jpeg_compression', 'snow', 'saturate'].flatMap((kind) => [`${kind} 1`, `${kind} 5`]),
    );
    const accuracies = corruptions.slice(0, 4).map(({ accuracy }) => accuracy as number);
    expect(means.kinds).toBe(2);
    expect(means.error).toBeCloseTo(1 - accuracies.reduce((a, b) => a + b) / 4, 12);
    expect(means.overall.accuracy).toBeCloseTo(1 - means.error, 12);
    expect(means.by_severity.map(({ severity }) => severity)).toEqual([1, 5]);
    expect(means.by_severity[1].accuracy).toBeCloseTo((accuracies[1] + accuracies[3]) / 2, 12);
  });

  it.each([
    [['--corrupt', 'rain'], '--corrupt: one of gaussian_noise'],
    [['--corrupt', 'fog,rain'], '--corrupt: one of gaussian_noise'],
    [['--corrupt', 'fog', '--severity', '6'], '--severity: 0 to 5 or all, got 6'],
    [['--severity', '1'], '--severity: needs --corrupt'],
    [['--ood', 'svhn'], '--ood: one of uniform-noise'],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await evaluate(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

describe('eval --ood', () => {
  it('scores every set by three scores', async () => {
    const { code, stdout, stderr } = await evaluate('--ood', 'all', '--json');
    expect(code, stderr).toBe(0);
    const { ood } = JSON.parse(stdout) as Report;
    expect(ood.map(({ set }) => set)).toEqual([
      'uniform-noise',
      'gaussian-noise',
      'constant',
      'shuffled-pixels',
      'shuffled-patches',
      'inverted',
    ]);
    for (const { n, predictive_entropy, max_probability, mutual_information } of ood) {
      expect(n).toBe(100);
      for (const scores of [predictive_entropy, max_probability, mutual_information]) {
        for (const value of Object.values(scores)) expect(value >= 0 && value <= 1).toBe(true);
        expect(Object.keys(scores)).toHaveLength(5);
      }
    }
    expect(new Set(ood.map(({ predictive_entropy }) => predictive_entropy.auroc)).size).toBe(6);
  });

  it('shows tables', async () => {
    const { stdout } = await evaluate(
      '--ood',
      'inverted',
      '--corrupt',
      'pixelate',
      '--severity',
      '5',
      '--quiet',
    );
    expect(stdout).toMatch(/\npixelate +5 +\d+\.\d\d %/);
    expect(stdout).toMatch(/\ninverted +mutual information +[01]\.\d{4}/);
  });
});
