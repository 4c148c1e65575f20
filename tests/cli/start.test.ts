import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCheckpoint } from '../../src/results/index.js';
import { scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const out = path.join(directory, 'results');
const bayescnn = (...args: string[]) => runHere(args, { cache: sharedCache });

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

describe('a run that goes on from the weights of another', () => {
  const STILL = ['train.epochs=1', 'train.optimizer.learningRate=1e-12'];
  const from = (run: string, more = {}) => `model.start=${JSON.stringify({ run, ...more })}`;
  let source: Summary;
  beforeAll(async () => {
    source = (await train('source', 'train.epochs=1', 'model.bayesian=last')).summary;
  });

  it('has its posterior, and its figures', async () => {
    const { summary } = await train('more', ...STILL, 'model.bayesian=last', from(source.run));
    expect(summary.final.test_nll).toBeCloseTo(source.final.test_nll as number, 2);
    expect(summary.started_from).toMatchObject({ run: path.resolve(source.run), checkpoint: 'best' });
    const [before, after] = await Promise.all(
      [source, summary].map((run) => loadCheckpoint(path.join(run.run, 'checkpoints/last.safetensors'))),
    );
    expect(Object.keys(after.weights)).toEqual(Object.keys(before.weights));
    for (const [name, { data }] of Object.entries(before.weights))
      for (const [i, w] of after.weights[name].data.entries()) expect(w).toBeCloseTo(data[i] as number, 5);
    const config = JSON.parse(readFileSync(path.join(summary.run, 'config.json'), 'utf8'));
    expect(config.model.start).toEqual(summary.started_from);
  });

  it('without posteriors has the means of a Bayesian run', async () => {
    const { summary } = await train('plain-again', ...STILL, from(source.run, { checkpoint: 'last' }));
    const { weights } = await loadCheckpoint(path.join(summary.run, 'checkpoints/last.safetensors'));
    const means = (await loadCheckpoint(path.join(source.run, 'checkpoints/last.safetensors'))).weights;
    for (const [i, w] of weights['fc3.weight'].data.entries())
      expect(w).toBeCloseTo(means['fc3.weight_mu'].data[i] as number, 5);
  });

  it('refuses a network that is another one, and a second start', async () => {
    const start = (...settings: string[]) =>
      bayescnn(
        ...tinyTraining(out, '--name', 'refused', ...settings.flatMap((setting) => ['--set', setting])),
      );
    const other = await start('model.bayesian=all', from(source.run));
    expect(other.code).toBe(3);
    expect(other.stderr).toMatch(/conv1/);
    const twice = await start('model.bayesian=all', from(source.run), moped(source.run));
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain('model.start: must be null with a "moped" posterior, which names its own');
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
