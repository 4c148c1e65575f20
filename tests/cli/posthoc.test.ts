import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/results/index.js';
import { TIME_COLUMNS } from '../../src/train/row.js';
import { run, scratch, sharedCache, start, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const out = path.join(directory, 'results');
const cache = { cache: sharedCache };
const at = (name: string) => path.join(out, name);

const training = (name: string, ...settings: string[]) =>
  tinyTraining(out, '--name', name, ...settings.flatMap((setting) => ['--set', setting]));

async function json(...args: string[]) {
  const { code, stdout, stderr } = await runHere([...args, '--json', '--threads', '1'], cache);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('SWAG', () => {
  const SWAG = [
    'train.epochs=6',
    'train.swag={"start":2,"every":5,"learningRate":0.01}',
    'data.validation=20',
  ];

  it('goes on after an interruption as if there had been none', async () => {
    expect((await runHere(training('whole', ...SWAG), cache)).code).toBe(0);
    const part = start(training('part', ...SWAG), cache);
    await part.printed(/epoch 3\/6/);
    part.process.kill('SIGINT');
    const stopped = await part.finished;
    if (stopped.code === 130) {
      const resumed = await runHere(['train', '--resume', at('part')], cache);
      expect(resumed.code, resumed.stderr).toBe(0);
    } else expect(stopped.code).toBe(0);
    const rows = (name: string) =>
      readFileSync(path.join(at(name), 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const row = JSON.parse(line);
          for (const column of TIME_COLUMNS) delete row[column];
          return row;
        });
    expect(rows('part')).toEqual(rows('whole'));
    const bytes = (name: string, file: string) => readFileSync(path.join(at(name), file));
    for (const file of [
      'checkpoints/last.safetensors',
      'checkpoints/best.safetensors',
      'predictions.safetensors',
    ])
      expect(Buffer.compare(bytes('part', file), bytes('whole', file)), file).toBe(0);
    // Before there is a posterior the network itself is evaluated, then samples of it; the rate is SWAG's.
    expect(rows('whole').map(({ samples }) => samples)).toEqual([1, 1, 10, 10, 10, 10]);
    expect(
      rows('whole')
        .map(({ learning_rate }) => learning_rate)
        .slice(2),
    ).toEqual([0.01, 0.01, 0.01, 0.01]);
    const summary = JSON.parse(bytes('whole', 'summary.json').toString());
    expect(summary.best.epoch).toBeGreaterThan(2);
  });

  it('is evaluated as training evaluated it, by samples', async () => {
    const report = await json('eval', at('whole'), '--checkpoint', 'last', '--curve');
    const summary = JSON.parse(readFileSync(path.join(at('whole'), 'summary.json'), 'utf8'));
    expect(report.nll).toBe(summary.final.test_nll);
    expect(report.mutual_information).toBeGreaterThan(0);
    expect(report.curve).toHaveLength(10);
    const exported = await json('export', at('whole'), '--format', 'pytorch');
    expect(Object.keys(exported.tensors)).toContain('fc3.bias_rho');
  });
});

describe('SWA', () => {
  const SWA = [
    'model.architecture=resnet20',
    'train.batchSize=50',
    'train.swag={"start":1,"every":null,"learningRate":0.01,"scale":0}',
  ];
  const file = (name: string) => path.join(at('swa'), 'checkpoints', `${name}.safetensors`);

  it('is a network like any other, evaluated as training evaluated it', async () => {
    const { code, stderr } = await runHere(training('swa', ...SWA), cache);
    expect(code, stderr).toBe(0);
    const summary = JSON.parse(readFileSync(path.join(at('swa'), 'summary.json'), 'utf8'));
    const report = await json('eval', at('swa'), '--samples', '7');
    expect(report.nll).toBe(summary.final.test_nll);
    expect(report.samples).toBe(1);
    const exported = await json('export', at('swa'), '--format', 'pytorch');
    expect(Object.keys(exported.tensors)).toContain('bn1.running_mean');
    expect(Object.keys(exported.tensors)).toContain('fc.weight');
  });

  it('is the mean of what was collected, with statistics of its own', async () => {
    const { tensors } = readSafetensors(readFileSync(file('last')), 'last');
    // One set of weights: their mean is the network itself, but its statistics are not those of training.
    expect(tensors['swag.conv1.weight.mean'].data).toEqual(tensors['conv1.weight'].data);
    expect(tensors['swag.bn1.running_mean'].data).not.toEqual(tensors['bn1.running_mean'].data);
  });

  it('is what a Laplace posterior is put on', async () => {
    const made = ['laplace', at('swa'), '--out', out, '--threads', '1', '--prior-precision', '1e8'];
    const { code, stderr } = await runHere(made, cache);
    expect(code, stderr).toBe(0);
    const [swa, laplace] = [await json('eval', at('swa')), await json('eval', at('swa-laplace'))];
    // So narrow that it changes nothing but roundings.
    expect(laplace.samples).toBe(10);
    expect(Math.abs(laplace.nll - swa.nll)).toBeLessThan(1e-3);
  });

  it('is not evaluated where a checkpoint inside an epoch has no statistics for it', async () => {
    const { tensors, metadata } = readSafetensors(readFileSync(file('last')), 'last');
    const inside = Object.entries(tensors).filter(([name]) => !/^swag\..*running_/.test(name));
    const { sha256: _, header_sha256: __, ...rest } = metadata;
    writeFileSync(file('inside'), writeSafetensors(Object.fromEntries(inside), rest));
    const { code, stderr } = await runHere(
      ['eval', at('swa'), '--checkpoint', file('inside'), '--threads', '1'],
      cache,
    );
    expect(code).toBe(3);
    expect(stderr).toContain('the mean of its weights must have batch-norm statistics, got none');
  });

  it('is the only one with batch normalisation', async () => {
    const { code, stderr } = await runHere(training('no', ...SWA, 'train.swag.scale=0.5'), cache);
    expect(code).toBe(2);
    expect(stderr).toContain('train.swag.scale: must be 0 (the mean alone, SWA) with batch normalisation');
  });
});

describe('MC dropout', () => {
  it('predicts by samples, in training as in evaluation', async () => {
    const { code, stderr } = await runHere(
      training('mc', 'model.dropout.rate=0.2', 'model.dropout.layers=dense'),
      cache,
    );
    expect(code, stderr).toBe(0);
    expect(stderr).not.toContain('not replayed');
    const summary = JSON.parse(readFileSync(path.join(at('mc'), 'summary.json'), 'utf8'));
    expect(summary.final.samples).toBe(10);
    const report = await json('eval', at('mc'), '--samples', '10');
    expect(report.nll).toBe(summary.final.test_nll);
    expect(report.mutual_information).toBeGreaterThan(0);
  });

  it('names layers that it cannot be behind', async () => {
    const { code, stderr } = await runHere(training('bad', 'model.dropout.layers=["fc3"]'), cache);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'model.dropout.layers: must name layers of lenet before its last (conv1, conv2, fc1, fc2)',
    );
  });
});

describe('laplace', () => {
  beforeAll(async () => {
    expect((await runHere(training('cnn'), cache)).code).toBe(0);
  });

  it('makes a run whose samples scatter around the network', async () => {
    // By a process of its own; what follows reads it in this one.
    const made = ['laplace', at('cnn'), '--out', out, '--samples', '30', '--threads', '1', '--json'];
    const { code, stdout, stderr } = await run(made, cache);
    expect(code, stderr).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary.derived.settings).toEqual({ laplace: 'marginal likelihood' });
    expect(summary.derived.facts).toMatchObject({ parameters: 850, images: 200 });
    expect(summary.derived.facts.prior_precision).toBeGreaterThan(0);
    const report = await json('eval', at('cnn-laplace'), '--ood', 'constant', '--curve');
    expect(report).toMatchObject({ nll: summary.final.nll, samples: 30 });
    expect(report.mutual_information).toBeGreaterThan(0);
    // A prior that leaves no room gives the network back.
    const tight = ['--prior-precision', '1e12', '--name', 'tight', '--samples', '2'];
    await json('laplace', at('cnn'), '--out', out, ...tight);
    const [still, cnn] = [await json('eval', at('tight')), await json('eval', at('cnn'))];
    expect(still.nll).toBeCloseTo(cnn.nll, 5);
    const members = await json('ensemble', at('cnn-laplace'), at('cnn'), '--out', out, '--samples', '3');
    expect(members.final.samples).toBe(6);
  });

  it('refuses a run that has a posterior already', async () => {
    const { code, stderr } = await runHere(['laplace', at('cnn-laplace'), '--out', out], cache);
    expect(code).toBe(2);
    expect(stderr).toContain('expected a trained run without a posterior, got one made of others');
  });
});
