import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configHash, loadConfig, parseConfig, settingPaths } from '../../../src/config/index.js';
import { BayescnnError } from '../../../src/errors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'bayescnn-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(content: string | object, name = 'first-run.json'): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, typeof content === 'string' ? content : JSON.stringify(content));
  return target;
}

async function failure(promise: Promise<unknown>): Promise<BayescnnError> {
  const error = await promise.then(
    () => new Error('no error'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(BayescnnError);
  expect(error.exitCode).toBe(2);
  return error;
}

describe('a file', () => {
  it('without a name gets its own', async () => {
    expect((await loadConfig(await file({}))).name).toBe('first-run');
    expect((await loadConfig(await file({ name: 'other' }))).name).toBe('other');
  });

  it('may start with a byte order mark', async () => {
    expect((await loadConfig(await file('\uFEFF{"seed": 5}'))).seed).toBe(5);
  });

  it('that is absent or a folder is named', async () => {
    expect((await failure(loadConfig(path.join(folder, 'no.json')))).message).toMatch(
      /no\.json: .*got ENOENT/,
    );
    expect((await failure(loadConfig(folder))).message).toMatch(/got EISDIR/);
  });

  it('that is no JSON is told where', async () => {
    const { message } = await failure(loadConfig(await file('{ // comment\n  "seed": 1\n  "name": "x"\n}')));
    expect(message).toMatch(/expected JSON, got .*line 3 column 3/s);
  });

  it('may have comments, and a comma after a last item', async () => {
    const text = '{\n  // the seed\n  "seed": 7, /* of all */\n  "notes": "// no comment",\n}\n';
    const config = await loadConfig(await file(text, 'with-comments.jsonc'));
    expect(config).toMatchObject({ seed: 7, notes: '// no comment', name: 'with-comments' });
  });

  it('that comes with the package goes by its bare name', async () => {
    expect((await loadConfig('quickstart', ['seed=3'])).seed).toBe(3);
    const { message, hint } = await failure(loadConfig('configs/quikstart.json'));
    expect(message).toContain('configs/quikstart.json: the config must be a readable file');
    expect(hint).toContain('--config quickstart');
  });

  it('with a key twice is refused: JSON.parse would keep the last', async () => {
    const { message } = await failure(loadConfig(await file('{"train": {"epochs": 1, "\\u0065pochs": 2}}')));
    expect(message).toContain('got "epochs" twice');
  });
});

describe('--set', () => {
  it('takes JSON values, and strings otherwise', async () => {
    const config = await loadConfig(await file({ train: { epochs: 5, batchSize: 4 } }), [
      'train.epochs=3',
      'data.source=synthetic',
      'data.subset={"train": 10, "test": 5}',
      'train.optimizer.nesterov=true',
      'notes=a=b',
      'data.normalize.mean=[0, 0.1, 0.2]',
    ]);
    expect(config.train).toMatchObject({ epochs: 3, batchSize: 4, optimizer: { nesterov: true } });
    expect(config.data).toMatchObject({ source: 'synthetic', subset: { train: 10, test: 5 } });
    expect(config.data.normalize.mean).toEqual([0, 0.1, 0.2]);
    expect(config.notes).toBe('a=b');
  });

  it('lets the last of two values win', async () => {
    expect((await loadConfig(await file({}), ['seed=1', 'seed=2'])).seed).toBe(2);
  });

  it('picks a kind in any order, dropping what the old kind alone knew', async () => {
    const target = await file({ model: { prior: { kind: 'gaussian', sigma: 0.1 } } });
    const picks = ['model.prior.pi=0.25', 'model.prior.kind=scale-mixture'];
    for (const overrides of [picks, picks.toReversed()]) {
      expect((await loadConfig(target, overrides)).model.prior).toEqual({
        kind: 'scale-mixture',
        pi: 0.25,
        sigma1: 1,
        sigma2: 0.3,
      });
    }
  });

  it('picks a kind without hiding a misspelt key of the file', async () => {
    const target = await file({ model: { prior: { kind: 'gaussian', sigmma: 0.1 } } });
    const { message } = await failure(loadConfig(target, ['model.prior.kind=scale-mixture']));
    expect(message).toContain('model.prior.sigmma: unknown setting');
  });

  it('keeps the siblings of a kind that is no union', async () => {
    const target = await file({ backend: { kind: 'cpu', threads: 2 } });
    expect((await loadConfig(target, ['backend.kind=simd'])).backend).toMatchObject({
      kind: 'simd',
      threads: 2,
    });
  });

  it('reaches a prior that the file leaves out', async () => {
    expect((await loadConfig(await file({}), ['model.prior.sigma=0.1'])).model.prior).toEqual({
      kind: 'gaussian',
      sigma: 0.1,
      learned: false,
    });
  });

  it.each([
    ['epochs=3', '--set epochs=3: unknown setting, got "epochs"; did you mean "train.epochs"?'],
    ['train.epoch=3', 'did you mean "train.epochs"?'],
    ['model.arch=vgg', 'did you mean "model.architecture"?'],
    ['sigma=1', 'did you mean "model.prior.sigma" or "model.posterior.sigma"?'],
    ['__proto__.x=3', 'unknown setting, got "__proto__.x"'],
    ['train.constructor=3', 'unknown setting'],
    ['train.epochs', '--set: expected path=value, got "train.epochs"'],
    ['=3', '--set: expected path=value'],
  ])('refuses %s', async (override, message) => {
    const error = await failure(loadConfig(await file({}), [override]));
    expect(error.code).toBe('usage');
    expect(error.message).toContain(message);
    expect(error.hint).toBeTruthy();
  });

  it('refuses a path through a plain value', async () => {
    const error = await failure(loadConfig(await file({ data: { subset: 10 } }), ['data.subset.train=3']));
    expect(error.message).toContain('"data.subset" must be an object to hold it, got 10');
    expect(error.hint).toContain('train, test');
  });

  it('names itself when its value is wrong', async () => {
    const { message } = await failure(loadConfig(await file({}), ['train.epochs=many']));
    expect(message).toMatch(/first-run\.json with --set train\.epochs=many: train\.epochs: expected a whole/);
  });

  it('knows every path of a resolved config', () => {
    const paths = (value: object, prefix = ''): string[] =>
      Object.entries(value).flatMap(([key, item]) => [
        prefix + key,
        ...(typeof item === 'object' && item !== null && !Array.isArray(item)
          ? paths(item, `${prefix}${key}.`)
          : []),
      ]);
    expect(settingPaths()).toEqual(expect.arrayContaining(paths(parseConfig({}, 'x'))));
  });
});

describe('configHash', () => {
  it('ignores name, notes, key order and written-out defaults, and nothing else', () => {
    const base = configHash(parseConfig({ seed: 1, train: { epochs: 2, batchSize: 4 } }, 'x'));
    expect(base).toMatch(/^[0-9a-f]{64}$/);
    const same = {
      train: { batchSize: 4, epochs: 2, printEvery: 2000 },
      name: 'b',
      notes: 'c',
      seed: 1,
      $schema: 's',
    };
    expect(configHash(parseConfig(same, 'x'))).toBe(base);
    const kept = { ...same, train: { ...same.train, checkpoint: { everySteps: 5 } } };
    expect(configHash(parseConfig(kept, 'x')), 'when checkpoints are written').toBe(base);
    const onDivergence = { kind: 'rollback' };
    const goesBack = { ...same, train: { ...same.train, onDivergence } };
    expect(configHash(parseConfig(goesBack, 'x'))).not.toBe(base);
    expect(configHash(parseConfig({ ...same, seed: 2 }, 'x'))).not.toBe(base);
    expect(configHash(parseConfig({ ...same, eval: { samples: 11 } }, 'x'))).not.toBe(base);
  });
});
