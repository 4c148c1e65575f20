import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => runHere(args, { cache: sharedCache });
const folder = (name: string) => path.join(directory, name);

let twin: Finished;
beforeAll(async () => {
  await bayescnn(...tinyTraining(directory, '--name', 'cnn'));
  const bayesian = ['--name', 'bayes', '--set', 'model.bayesian=all', '--chart'];
  twin = await bayescnn(...tinyTraining(directory, ...bayesian));
});

describe('the end of a run', () => {
  it('shows the CNN beside its Bayesian twin, as single runs, and points to compare', () => {
    expect(twin.code).toBe(0);
    expect(twin.stdout).toContain('Single runs, the last epoch of each:');
    expect(twin.stdout).toMatch(/CNN: cnn +Bayesian: bayes\n/);
    expect(twin.stdout).toMatch(/^mutual information +0\.0000 +0\.0\d+$/m);
    expect(twin.stdout).toMatch(/With intervals and tests: bayescnn compare .*cnn .*bayes\n/);
  });

  it('draws its curves with --chart', () => {
    for (const column of ['test_accuracy', 'test_nll', 'ece', 'predictive_entropy'])
      expect(twin.stdout).toMatch(new RegExp(`^${column}\n.*[┤┼]`, 'm'));
  });
});

describe('curves', () => {
  it('draws each run, and tables with --plain', async () => {
    const drawn = await bayescnn('curves', folder('cnn'), folder('bayes'), '--columns', 'train_loss');
    expect(drawn.code).toBe(0);
    expect(drawn.stdout.match(/[┤┼]/g)?.length).toBeGreaterThan(10);
    const plain = await bayescnn(
      '--plain',
      'curves',
      folder('cnn'),
      folder('bayes'),
      '--columns',
      'train_loss',
    );
    expect(plain.stdout).toMatch(/^train_loss\nepoch +cnn +bayes\n1 +[\d.]+ +[\d.]+\n2 /);
    expect(plain.stdout).not.toMatch(/[^\x20-\x7e\n]/);
  });

  it('gives the rows as JSON', async () => {
    const { stdout } = await bayescnn('curves', folder('cnn'), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ name: 'cnn', rows: [{ epoch: 1 }, { epoch: 2 }] }] });
  });

  it('knows which column a misspelt one meant', async () => {
    const { code, stderr } = await bayescnn('curves', folder('cnn'), '--columns', 'tst_nll');
    expect(code).toBe(2);
    expect(stderr).toContain('got "tst_nll"; did you mean "test_nll"?');
  });
});
