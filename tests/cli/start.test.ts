import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/results/index.js';
import { run, scratch, tinyTraining } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);
const out = path.join(directory, 'results');
const bayescnn = (...args: string[]) => run(args, { cache: path.join(directory, 'cache') });

interface Summary {
  run: string;
  bayesian_layers: string[];
  estimator: string | null;
  prior_sigma: Record<string, number> | null;
  started_from: { run: string; checkpoint: string; sha256: string } | null;
  warnings: string[];
  final: Record<string, number>;
}

async function train(name: string, ...settings: string[]): Promise<{ summary: Summary; stderr: string }> {
  const flags = settings.flatMap((setting) => ['--set', setting]);
  const { code, stdout, stderr } = await bayescnn(...tinyTraining(out, '--name', name, '--json', ...flags));
  expect(code, stderr).toBe(0);
  return { summary: JSON.parse(stdout) as Summary, stderr };
}

const moped = (run: string, more = {}) =>
  `model.posterior=${JSON.stringify({ kind: 'moped', run, ...more })}`;

describe('a run that starts from another', () => {
  let plain: Summary;
  let twin: Summary;
  beforeAll(async () => {
    plain = (await train('plain', 'train.epochs=1')).summary;
    // A rate of next to nothing: what the run ends with is what it started with.
    const still = ['train.epochs=1', 'train.optimizer.learningRate=1e-12', 'model.bayesian=all'];
    twin = (await train('twin', ...still, moped(plain.run, { delta: 0.01 }))).summary;
  });

  it('has its means, and its accuracy', async () => {
    const [before, after] = await Promise.all(
      [plain, twin].map(({ run: folder }) =>
        loadCheckpoint(path.join(folder, 'checkpoints/last.safetensors')),
      ),
    );
    const { data: means } = after.weights['conv2.weight_mu'];
    for (const [i, w] of before.weights['conv2.weight'].data.entries()) expect(means[i]).toBeCloseTo(w, 6);
    expect(Math.abs(twin.final.test_nll - plain.final.test_nll)).toBeLessThan(0.05);
  });

  it('records what it started from, in its summary and its config', () => {
    expect(plain).toMatchObject({ started_from: null, estimator: null, bayesian_layers: [] });
    const { started_from: from } = twin;
    expect(from).toMatchObject({ run: path.resolve(plain.run), checkpoint: 'best' });
    expect(from?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const config = JSON.parse(readFileSync(path.join(twin.run, 'config.json'), 'utf8'));
    expect(config.model.posterior).toEqual({
      kind: 'moped',
      run: path.resolve(plain.run),
      checkpoint: 'best',
      sha256: from?.sha256,
      delta: 0.01,
      clamp: 0,
    });
  });

  it('is evaluated without it', async () => {
    const { code, stdout, stderr } = await bayescnn('eval', twin.run, '--checkpoint', 'last', '--json');
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).nll).toBe(twin.final.test_nll);
  });

  it('refuses a run that is not there before it loads data, and other weights', async () => {
    const count = readdirSync(out).length;
    const start = (setting: string) =>
      bayescnn(...tinyTraining(out, '--name', 'refused', '--set', 'model.bayesian=all', '--set', setting));
    const missing = await start(moped('nowhere'));
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/nowhere: expected a run folder, got nothing there/);
    expect(missing.stderr).not.toContain('engine');
    const other = await start(moped(plain.run, { sha256: '0'.repeat(64) }));
    expect(other.code).toBe(3);
    expect(other.stderr).toMatch(
      /model\.posterior\.sha256: .* must have the tensors 0{64}, got [0-9a-f]{64}/,
    );
    expect(readdirSync(out)).toHaveLength(count);
  });
});

describe('what a run says of its model', () => {
  it('warns of a start whose noise drowns the signal, on screen and in the summary', async () => {
    const { summary, stderr } = await train(
      'drowned',
      'train.epochs=1',
      'model.bayesian=["conv1"]',
      'model.divergence=notebook',
      'model.posterior={"kind":"notebook"}',
    );
    expect(summary.warnings).toEqual([expect.stringMatching(/^noise drowns the signal in conv1\.weight/)]);
    expect(stderr).toContain(`warning: ${summary.warnings[0]}`);
    expect(stderr).not.toContain('not replayed');
    expect(summary.bayesian_layers).toEqual(['conv1']);
  });

  it("tells a learned prior's sigmas, the estimator and its samples", async () => {
    const { summary } = await train(
      'learned',
      'train.epochs=1',
      'model.bayesian=last',
      'model.estimator=mean',
      'model.prior.learned=true',
    );
    expect(Object.keys(summary.prior_sigma ?? {})).toEqual(['fc3.weight', 'fc3.bias']);
    expect(summary.prior_sigma?.['fc3.weight']).toBeGreaterThan(0);
    expect(summary).toMatchObject({ estimator: 'mean', warnings: [], final: { samples: 1 } });
  });

  it('resumes with the same bytes', async () => {
    const settings = ['model.bayesian=all', 'model.estimator=flipout', 'train.schedule.kind=constant'];
    const whole = (await train('whole', ...settings)).summary;
    const half = (await train('half', 'train.epochs=1', ...settings)).summary;
    const file = path.join(half.run, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...config, train: { ...config.train, epochs: 2 } }));
    // A run that has its summary has ended.
    rmSync(path.join(half.run, 'summary.json'));
    const { code, stderr } = await bayescnn('train', '--resume', half.run, '--quiet');
    expect(code, stderr).toBe(0);
    const bytes = async (folder: string) =>
      (await loadCheckpoint(path.join(folder, 'checkpoints/last.safetensors'))).sha256;
    expect(await bytes(half.run)).toBe(await bytes(whole.run));
  });
});
