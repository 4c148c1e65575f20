import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npy } from '../unit/data/made-up-npy.js';
import { root, scratch, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => runHere(args, { cache: path.join(directory, 'cache') });
const at = (name: string) => path.join(directory, name);
const evaluate = (...args: string[]) =>
  bayescnn('eval', at('results/tiny'), '--threads', '1', '--samples', '3', '--json', ...args);

const PYTHON = process.env.BAYESCNN_PYTHON ?? 'python3';
const hasSklearn = spawnSync(PYTHON, ['-c', 'import sklearn']).status === 0;

type Point = { kind: string; severity: number; nll: number };
type Report = {
  nll: number;
  corruptions: Point[];
  ood: { set: string; n: number; file?: string; sha256?: string }[];
};

beforeAll(async () => {
  const made = await bayescnn('data', 'synth', at('own.tar.gz'), '--train', '40', '--test', '60', '--json');
  const { sha256 } = JSON.parse(made.stdout) as { sha256: string };
  const own = ['--archive', at('own.tar.gz'), '--sha256', sha256];
  const model = ['--set', 'model.bayesian=all', '--set', 'data.source=cifar10'];
  const trained = await bayescnn(
    ...tinyTraining(at('results'), '--name', 'tiny', '--quiet').filter(
      (arg, i, all) => arg !== '--subset' && all[i - 1] !== '--subset',
    ),
    ...own,
    ...model,
  );
  expect(trained.code, trained.stderr).toBe(0);
  const noise = Uint8Array.from({ length: 300 * 3072 }, (_, i) => Math.imul(i ^ (i >> 7), 0x9e3779b1) >>> 24);
  writeFileSync(at('fog.npy'), npy('|u1', [300, 32, 32, 3], noise));
  writeFileSync(at('noise.npy'), npy('|u1', [80, 32, 32, 3], noise.subarray(0, 80 * 3072)));
});

describe('eval with images from files', () => {
  it('evaluates, exports, and agrees with its own export', async () => {
    const shifts = [
      '--ood',
      'constant',
      '--ood-file',
      at('noise.npy'),
      '--corrupt',
      'fog',
      '--severity',
      '0,2',
    ];
    const { code, stdout, stderr } = await evaluate('--export', at('export'), ...shifts);
    expect(code, stderr).toBe(0);
    const { ood } = JSON.parse(stdout) as Report;
    expect(ood.map(({ set, n }) => [set, n])).toEqual([
      ['constant', 60],
      ['noise', 80],
    ]);
    expect(ood[1].file).toBe(at('noise.npy'));
    expect(ood[1].sha256).toMatch(/^[0-9a-f]{64}$/);
    const lines = (name: string) =>
      readFileSync(path.join(at('export'), name), 'utf8')
        .trimEnd()
        .split('\n');
    expect(lines('ood-noise.csv')).toHaveLength(81);
    expect(lines('ood-constant.csv')[0]).toMatch(/^index,prediction,confidence,predictive_entropy,/);
    expect(lines('corruptions.csv').map((line) => line.split(',').slice(0, 2).join())).toEqual([
      'kind,severity',
      'fog,0',
      'fog,2',
    ]);
  });

  it('reads CIFAR-10-C, and checks whose labels it has', async () => {
    writeFileSync(at('labels.npy'), readFileSync(path.join(at('export'), 'labels.npy')));
    const wanted = ['--corrupt-files', directory, '--corrupt', 'fog'];
    const { code, stdout, stderr } = await evaluate(...wanted, '--severity', '0,1,5');
    expect(code, stderr).toBe(0);
    const { corruptions, nll } = JSON.parse(stdout) as Report;
    expect(corruptions[0].nll).toBe(nll);
    expect(new Set(corruptions.map((point) => point.nll)).size).toBe(3);
    writeFileSync(at('labels.npy'), npy('|u1', [60], new Uint8Array(60)));
    const refused = await evaluate(...wanted);
    expect([refused.code, refused.stdout]).toEqual([3, '']);
    expect(refused.stderr).toContain('must have the labels of the test images');
  });

  it.each([
    [
      ['--corrupt-files', '.', '--split', 'train'],
      2,
      '--corrupt-files: has the test images, got --split train',
    ],
    [['--ood-file', 'package.json'], 3, 'must be a MATLAB 5 file, a .tar.gz, a .npy file or a folder'],
    [['--ood-file', at('noise.npy'), '--ood-file', at('noise.npy')], 2, 'got two named noise'],
  ])('refuses %j', async (args, wanted, message) => {
    const { code, stderr } = await evaluate(...args);
    expect(code).toBe(wanted);
    expect(stderr).toContain(message);
  });

  it.skipIf(!hasSklearn)(
    `scikit-learn says the same${hasSklearn ? '' : ` [skipped: no scikit-learn in ${PYTHON}; set BAYESCNN_PYTHON]`}`,
    () => {
      const script = path.join(root, 'docs/check-metrics.py');
      const text = execFileSync(PYTHON, [script, at('export')], { encoding: 'utf8' });
      expect(text).toMatch(/\nlargest difference of 50 figures: \S+ \(limit 1e-06\)\n$/);
      const file = path.join(at('export'), 'evaluation.json');
      const report = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
      writeFileSync(file, JSON.stringify({ ...report, brier: report.brier + 2e-6 }));
      expect(spawnSync(PYTHON, [script, at('export')]).status).toBe(1);
    },
    // Its libraries alone take a minute to load on a busy machine.
    400_000,
  );
});
