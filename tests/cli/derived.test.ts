import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const out = path.join(directory, 'results');
const at = (name: string) => path.join(out, name);
const options = { cache: sharedCache };
const bayescnn = (...args: string[]) => runHere(args, options);
const ONE = ['--threads', '1'];

async function trained(name: string, ...settings: string[]): Promise<void> {
  const set = settings.flatMap((setting) => ['--set', setting]);
  const { code, stderr } = await bayescnn(
    ...tinyTraining(out, '--name', name, '--subset', '60', '--quiet', ...set),
  );
  expect(code, stderr).toBe(0);
}

async function json(...args: string[]) {
  const { code, stdout, stderr } = await bayescnn(...args, ...ONE, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function refused(message: RegExp | string, ...args: string[]): Promise<string> {
  const before = readdirSync(out).sort();
  const { code, stdout, stderr } = await bayescnn(...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
  expect(stderr).toContain('\n  try: ');
  expect(readdirSync(out).sort(), 'nothing is left behind').toEqual(before);
  return stderr;
}

beforeAll(async () => {
  await trained('a', 'data.validation=20');
  await trained('b', 'data.validation=20', 'seed=1');
  await trained('bayes', 'data.validation=20', 'model.bayesian=conv');
  await trained('other', 'data.normalize.mean=[0,0,0]');
}, 240_000);

/** Metrics that do not name the run. */
function figures({ run: _, checkpoint: _c, engine: _e, ...metrics }: Record<string, unknown>) {
  return metrics;
}

describe('ensemble', () => {
  it('of one run is that run, digit for digit', async () => {
    // By a process of its own; what follows reads it in this one.
    const made = ['ensemble', at('bayes'), '--out', out, '--name', 'one', ...ONE, '--json'];
    const { code, stdout, stderr } = await run(made, options);
    expect(code, stderr).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary.derived).toMatchObject({ settings: { ensemble: 1 }, members: 1 });
    expect(summary.derived.from[0]).toMatchObject({ run: at('bayes'), seed: 0 });
    const [alone, one] = [
      await json('eval', at('bayes'), '--curve'),
      await json('eval', at('one'), '--curve'),
    ];
    expect(figures(one)).toEqual(figures(alone));
    expect(summary.final.nll).toBe(alone.nll);
  });

  it('of several is evaluated, exported, shifted, compared and predicted with like a run', async () => {
    const summary = await json('ensemble', at('a'), at('b'), at('bayes'), '--out', out, '--samples', '4');
    expect(summary.run).toBe(at('ensemble'));
    expect(summary.parameters).toBe(3 * 62006 + 2872);
    // A copy of its members: it needs them no more.
    cpSync(at('ensemble'), at('moved'), { recursive: true });
    const exported = path.join(directory, 'exported');
    const flags = ['--curve', '--corrupt', 'contrast', '--severity', '2', '--ood', 'constant'];
    const report = await json('eval', at('moved'), ...flags, '--export', exported);
    expect(report).toMatchObject({ nll: summary.final.nll, samples: 12, temperature: 1 });
    expect(report.curve).toHaveLength(12);
    expect(report.curve[0].nll).toBe((await json('eval', at('a'))).nll);
    expect(report.mutual_information).toBeGreaterThan(0);
    expect(report.corruptions[0].nll).not.toBe(report.nll);
    expect(report.ood).toHaveLength(1);
    const bytes = readFileSync(path.join(exported, 'probabilities.npy'));
    expect(bytes.toString('latin1', 10, 80)).toContain("'shape': (12, 60, 10)");
    const compared = await json('compare', at('a'), at('ensemble'), '--resamples', '100');
    expect(compared.groups[1].metrics.nll.mean).toBeCloseTo(report.nll, 12);
    expect(compared.settings.map(({ setting }: { setting: string }) => setting)).toContain(
      'made_by.ensemble',
    );
    const again = await json('compare', at('a'), at('ensemble'), '--resamples', '100', '--samples', '2');
    expect(again.groups[1].cost.samples.mean).toBe(6);
    const picture = path.join(directory, 'grey.png');
    const png = new PNG({ width: 32, height: 32 });
    png.data.fill(128);
    writeFileSync(picture, PNG.sync.write(png));
    const predicted = await json('predict', at('ensemble'), picture);
    expect(predicted.samples).toBe(12);
    expect(predicted.images[0].mutual_information).toBeGreaterThan(0);
  });

  it('refuses runs on different data, and one network twice', async () => {
    const text = await refused(
      'ensemble: runs must share their data',
      'ensemble',
      at('a'),
      at('other'),
      '--out',
      out,
    );
    expect(text).toContain('normalize.mean');
    expect(text).toContain('validation 20 (a) and 0 (other)');
    cpSync(at('a'), path.join(directory, 'copy'), { recursive: true });
    const copy = path.join(directory, 'copy');
    await refused('expected each network once', 'ensemble', at('a'), copy, '--out', out);
  });

  it('refuses what makes no sense for it', async () => {
    await refused('an ensemble has its members', 'eval', at('ensemble'), '--checkpoint', 'last');
    await refused(
      'must hold back the same validation images',
      'eval',
      at('ensemble'),
      '--split',
      'validation',
    );
    await refused('must hold back the same validation images', 'calibrate', at('ensemble'), '--out', out);
    await refused('an ensemble of 3', 'export', at('ensemble'), '--format', 'pytorch');
    await refused('made of others', 'train', '--resume', at('ensemble'));
  });

  it('says what is wrong with a damaged one', async () => {
    const damaged = at('damaged');
    cpSync(at('ensemble'), damaged, { recursive: true });
    writeFileSync(
      path.join(damaged, 'derived.json'),
      '{"settings": {}, "from": [], "facts": {}, "members": 0}',
    );
    const { code, stderr } = await bayescnn('eval', damaged);
    expect(code).toBe(3);
    expect(stderr).toMatch(/derived\.json: expected a whole number of members, got 0/);
    rmSync(damaged, { recursive: true });
  });
});

describe('a temperature', () => {
  it('is fitted on validation images, and lowers their NLL', async () => {
    const before = await json('eval', at('a'), '--split', 'validation');
    const summary = await json('calibrate', at('a'), '--out', out);
    expect(summary.run).toBe(at('a-temperature'));
    const { temperature, facts } = summary.derived;
    expect(facts.temperature).toMatchObject({ temperature, n: 20 });
    expect(facts.temperature.nll_before).toBeCloseTo(before.nll, 12);
    const after = await json('eval', at('a-temperature'), '--split', 'validation');
    expect(after.nll).toBeCloseTo(facts.temperature.nll, 12);
    expect(after.nll).toBeLessThanOrEqual(before.nll);
    expect(after.temperature).toBe(temperature);
    // One prediction an image keeps its class.
    expect((await json('eval', at('a-temperature'))).accuracy).toBe((await json('eval', at('a'))).accuracy);
  });

  it('may be asked of an evaluation instead, as a number too', async () => {
    const kept = await json('eval', at('a-temperature'));
    expect(figures(await json('eval', at('a'), '--temperature', 'fit'))).toEqual(figures(kept));
    const as = ['--temperature', String(kept.temperature)];
    expect(figures(await json('eval', at('a'), ...as))).toEqual(figures(kept));
    expect(figures(await json('eval', at('a-temperature'), '--temperature', '1'))).toEqual(
      figures(await json('eval', at('a'))),
    );
  });

  it('is for several predictions an image too, and for members of an ensemble', async () => {
    await json('calibrate', at('bayes'), '--out', out, '--samples', '3');
    const summary = await json(
      'ensemble',
      at('a-temperature'),
      at('bayes-temperature'),
      '--out',
      out,
      '--name',
      'hot',
    );
    const mean = await json('eval', at('hot'));
    expect(mean.nll).toBe(summary.final.nll);
    expect(mean.temperature).toBe(1);
  });

  it('needs validation images', async () => {
    await refused('a temperature needs validation images, got none', 'calibrate', at('other'), '--out', out);
    await refused('a temperature needs validation images', 'eval', at('other'), '--temperature', 'fit');
    await refused('--temperature: a number above 0 or fit, got 0', 'eval', at('a'), '--temperature', '0');
  });
});
