import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commentedConfig, loadConfig, shippedConfigs } from '../../src/config/index.js';
import { run, scratch, sharedCache } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);

/** Runs in a new empty folder, as a newcomer would. */
function newcomer() {
  const cwd = mkdtempSync(path.join(directory, 'new-'));
  return { cwd, bayescnn: (...args: string[]) => runHere(args, { cache: sharedCache, cwd }) };
}

describe('without arguments', () => {
  it('says what to do first, then what to do next', async () => {
    const { cwd, bayescnn } = newcomer();
    const first = await run([], { cache: sharedCache, cwd });
    expect(first.code).toBe(0);
    expect(first.stderr).toBe('');
    expect(first.stdout).toContain('1. bayescnn train --config quickstart\n');
    const training = ['train', '--config', 'quickstart', '--subset', '40', '--threads', '1', '--quiet'];
    const one = await bayescnn(...training, '--set', 'train.epochs=1');
    expect(one).toMatchObject({ code: 0 });
    const { stdout } = await bayescnn();
    expect(stdout).toMatch(/^ {2}results\/quickstart {2}lenet, bayesian: all, test accuracy [\d.]+ %$/m);
    expect(stdout).toContain('1. bayescnn eval results/quickstart --samples 100\n');
    const [, twin] = /2\. bayescnn (train .*)/.exec(stdout) as RegExpExecArray;
    const two = await bayescnn(...twin.split(' '), '--threads', '1', '--quiet');
    expect(two).toMatchObject({ code: 0 });
    expect((await bayescnn()).stdout).toContain(
      '2. bayescnn compare results/quickstart-cnn results/quickstart\n',
    );
  });
});

describe('init', () => {
  it('writes a config that train can read, and never overwrites one', async () => {
    const { cwd, bayescnn } = newcomer();
    const { code, stdout } = await bayescnn(
      'init',
      'mine.jsonc',
      '--preset',
      'cnn',
      '--set',
      'train.epochs=3',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('bayescnn train --config mine.jsonc');
    const file = path.join(cwd, 'mine.jsonc');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('// Passes over the training images');
    const { train, ...rest } = await loadConfig('cnn');
    const expected = { ...rest, name: 'mine', notes: 'Started from cnn.', train: { ...train, epochs: 3 } };
    expect(await loadConfig(file)).toEqual(expected);
    const schema = path.resolve(cwd, /"\$schema": "(.*)"/.exec(text)?.[1] as string);
    expect(JSON.parse(readFileSync(schema, 'utf8'))).toMatchObject({ title: 'bayescnn config' });
    const again = await bayescnn('init', 'mine.jsonc');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('init: mine.jsonc must not exist yet');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('knows what a misspelt preset meant, and that a folder is missing', async () => {
    const { bayescnn } = newcomer();
    const wrong = await bayescnn('init', '--preset', 'bays-all');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('got "bays-all"; did you mean "bayes-all"?');
    const nowhere = await bayescnn('init', 'no/folder.jsonc');
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('no/folder.jsonc');
  });

  it.each(shippedConfigs())('explains %s without changing it', async (name) => {
    const config = await loadConfig(name);
    const file = path.join(directory, `${name}.jsonc`);
    const text = commentedConfig(config, 'schema.json');
    writeFileSync(file, text);
    expect(await loadConfig(file)).toEqual(config);
    // Every line with a setting has a comment above it.
    const lines = text.split('\n');
    const bare = lines.filter((line, i) => /^ +"/.test(line) && !/^ +\/\//.test(lines[i - 1]));
    expect(bare).toEqual([]);
  });
});

describe('did you mean', () => {
  it('finds a run by its name, and by almost its name', async () => {
    const { bayescnn } = newcomer();
    await bayescnn(
      'train',
      '--config',
      'quickstart',
      '--subset',
      '20',
      '--set',
      'train.epochs=1',
      '--threads',
      '1',
    );
    for (const given of ['quickstart', 'results/quikstart']) {
      const { code, stderr } = await bayescnn('eval', given);
      expect(code).toBe(2);
      expect(stderr).toContain('did you mean results/quickstart?');
    }
  });

  it.each([
    [['trian'], "unknown command 'trian'; did you mean train?\n"],
    [['train', '--confg', 'x'], '; did you mean --config?'],
    [['train', '--config', 'quickstart', '--set', 'train.epoch=2'], 'train.epochs'],
    [['train', '--config', 'quickstart', '--set', 'model.bayesian=al'], 'did you mean "all"?'],
    [['train', '--config', 'quickstrat'], '--config quickstart'],
  ])('for %j', async (args, meant) => {
    const { code, stderr } = await runHere(args, { cache: sharedCache });
    expect(code).toBe(2);
    expect(stderr).toContain(meant);
  });
});
