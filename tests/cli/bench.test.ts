import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { whatWebgpuLacks } from '../conformance/engines.js';
import { fakePython } from '../unit/runs/fake-python.js';
import { run, scratch, sharedCache } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
const fake = fakePython();
afterAll(() => {
  remove();
  fake.remove();
});
const lacks = await whatWebgpuLacks();
const bayescnn = (...args: string[]) => runHere(args, { cache: sharedCache });
const quick = ['--batches', '128', '--threads', '1', '--repetitions', '2', '--seconds', '0.1'];

const tiny = ['--models', 'cnn', '--batches', '2', '--repetitions', '1', '--seconds', '0.05'];

type Spread = Record<'min' | 'median' | 'max', number>;

function expectSpread({ min, median, max }: Spread): void {
  expect(min).toBeGreaterThan(0);
  expect(median).toBeGreaterThanOrEqual(min);
  expect(max).toBeGreaterThanOrEqual(median);
}

describe('bench', () => {
  it('measures every model, and keeps the result with what it must be read with', async () => {
    const out = path.join(directory, 'rates.json');
    const { code, stdout } = await run(['bench', ...quick, '--json', '--out', out], { cache: sharedCache });
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as {
      machine: { cpu: string };
      date: string;
      load_average: number[];
      busy_cores: number;
      options: { batches: number[] };
      rows: { batch: number; threads: number; repetitions: number; images_per_second: Spread }[];
    };
    expect(document.machine.cpu).not.toBe('');
    expect(Date.now() - Date.parse(document.date)).toBeLessThan(120_000);
    expect(document.load_average).toHaveLength(3);
    expect(document.options).toMatchObject({ batches: [128], repetitions: 2 });
    expect(document.rows).toHaveLength(3);
    for (const { batch, threads, repetitions, images_per_second: rate } of document.rows) {
      expect({ batch, threads, repetitions }).toEqual({ batch: 128, threads: 1, repetitions: 2 });
      expectSpread(rate);
    }
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(document);
  });

  it.skipIf(lacks !== undefined)(
    `measures two GPUs beside each other, and says which${lacks ? ` [skipped: ${lacks}]` : ''}`,
    async () => {
      const peer = ['--vs-pytorch', fake.python, '--device', 'cuda'];
      const { code, stdout } = await bayescnn('bench', '--backend', 'webgpu', ...peer, ...tiny, '--json');
      expect(code).toBe(0);
      const { peer: theirs, rows } = JSON.parse(stdout);
      expect(theirs.device).toBe('Fake GPU');
      expect(rows).toMatchObject([{ engine: 'webgpu', device: expect.any(String), batch: 2, threads: 1 }]);
      expectSpread(rows[0].ratio);
    },
  );

  it('names a model that it does not know', async () => {
    const { code, stderr } = await bayescnn('bench', ...quick, '--models', 'nonsense');
    expect(code).toBe(2);
    expect(stderr).toContain('nonsense');
  });

  it.each([
    ['a folder that is missing for --out', ['--out', 'no/such/folder/file.json'], 'mkdir -p'],
    ['--peer alone', ['--peer', 'x.py'], '--peer goes with --vs-pytorch PYTHON'],
    ['--device alone', ['--device', 'cuda'], '--device goes with --vs-pytorch PYTHON'],
    ['--device with --notebook', ['--notebook', '--device', 'cuda'], 'cannot be used with'],
    ['--archive without --notebook', ['--archive', 'x.tar.gz'], '--archive goes with --notebook'],
    ['--profile with --backend', ['--profile', '--backend', 'webgpu'], 'cannot be used with'],
    ['--profile with --vs-pytorch', ['--profile', '--vs-pytorch', 'python3'], 'cannot be used with'],
    ['a Python that is missing', ['--vs-pytorch', '/no/such/python'], 'expected a Python that starts'],
    ['the notebook on two settings', ['--notebook', '--threads', '1,2'], 'one number of threads'],
    ['the peer without images', ['--notebook', '--vs-pytorch', 'python3'], 'add --data DIR'],
  ])('refuses %s', async (_name, flags, message) => {
    const { code, stdout, stderr } = await bayescnn('bench', ...flags);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('says which images it lacks', async () => {
    const { code, stderr } = await bayescnn('bench', ...quick, '--data', directory);
    expect(code).toBe(3);
    expect(stderr).toContain(`${directory} without a readable data_batch_1.bin (ENOENT)`);
  });
});

describe('bench --profile', () => {
  const tiny = ['--batches', '4', '--threads', '1', '--repetitions', '1', '--seconds', '0.05'];

  it('accounts for the whole step, kernel by kernel', async () => {
    const { code, stdout } = await bayescnn(
      'bench',
      '--profile',
      ...tiny,
      '--models',
      'bayes-conv',
      '--json',
    );
    expect(code).toBe(0);
    const { rows } = JSON.parse(stdout) as {
      rows: {
        peak_gflop_per_second: number;
        kernels_microseconds: number;
        program_microseconds: number;
        step_microseconds: number;
        steps: number;
        kernels: {
          kernel: string;
          shape: string;
          calls_per_step: number;
          microseconds_per_step: number;
          share: number;
          gflop_per_step: number | null;
          gflop_per_second: number | null;
          peak_share: number | null;
        }[];
      }[];
    };
    expect(rows).toHaveLength(1);
    const [row] = rows;
    expect(row.steps).toBeGreaterThanOrEqual(20);
    const sum = row.kernels.reduce((total, kernel) => total + kernel.microseconds_per_step, 0);
    expect(sum).toBeCloseTo(row.kernels_microseconds, 3);
    expect(row.step_microseconds).toBeGreaterThan(0.5 * sum);
    const first = row.kernels.find(
      ({ kernel, shape }) => kernel === 'LrtConvForward' && shape.startsWith('32x32x3'),
    );
    // Two convolutions of 5 x 5 x 3 at 28 x 28 places for 6 channels, 4 images.
    expect(first?.gflop_per_step).toBeCloseTo((2 * 2 * 4 * 28 * 28 * 6 * 75) / 1e9, 12);
    for (const { gflop_per_step: work, gflop_per_second: rate, peak_share, ...kernel } of row.kernels) {
      expect(kernel.share).toBeCloseTo(kernel.microseconds_per_step / row.step_microseconds, 6);
      if (work === null) expect([rate, peak_share]).toEqual([null, null]);
      else expect(peak_share).toBeCloseTo((rate as number) / row.peak_gflop_per_second, 6);
    }
    expect(row.kernels.find(({ kernel }) => kernel === 'SgdUpdate')?.calls_per_step).toBe(14);
  });

  it('prints a table', async () => {
    const { code, stdout } = await bayescnn('bench', '--profile', ...tiny, '--models', 'cnn');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cnn, batch 4, threads 1: [\d,]+ images\/s; peak [\d.]+ GFLOP\/s/);
    expect(stdout).toMatch(/^ConvForward +32x32x3 to 14x14x6 +1 .*%$/m);
    expect(stdout).toMatch(/^whole step .* 100\.0 %$/m);
  });
});

// Windows starts no script by its first line.
describe.skipIf(process.platform === 'win32')('bench --vs-pytorch', () => {
  it('sets both sides beside each other', async () => {
    const { code, stdout } = await bayescnn(
      ...['bench', '--vs-pytorch', fake.python, ...quick, '--models', 'cnn', '--json'],
    );
    expect(code).toBe(0);
    const { peer, rows } = JSON.parse(stdout) as {
      peer: object;
      rows: Record<'pytorch' | 'bayescnn' | 'ratio', Spread>[];
    };
    expect(peer).toEqual({ python: '3.11.0', torch: '2.0.0+fake', device: 'CPU' });
    expect(rows).toHaveLength(1);
    expect(rows).toMatchObject([{ engine: 'simd', device: 'CPU' }]);
    const [{ pytorch, bayescnn: ours, ratio }] = rows;
    expect(pytorch).toEqual({ min: 1128, median: 1128, max: 1128 });
    expectSpread(ours);
    expect(ratio.median).toBeCloseTo(ours.median / 1128, 9);
  });

  it('times the notebook from start to end on both sides', async () => {
    const archive = path.join(directory, 'tiny.tar.gz');
    const made = await bayescnn('data', 'synth', archive, '--train', '40', '--test', '40', '--json');
    const { sha256 } = JSON.parse(made.stdout) as { sha256: string };
    const { code, stdout, stderr } = await bayescnn(
      ...['bench', '--notebook', '--vs-pytorch', fake.python, '--data', directory, '--threads', '1'],
      ...['--archive', archive, '--sha256', sha256, '--repetitions', '2'],
    );
    expect(stderr).toMatch(/^PyTorch [\d.]+ s, bayescnn [\d.]+ s$/m);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PyTorch 2.0.0\+fake, Python 3.11.0, 2 loader processes, images by fakery$/m);
    expect(stdout).toMatch(/^PyTorch +[\d.]+ +[\d.]+ +[\d.]+ +25\.00 %, 25\.00 %$/m);
    expect(stdout).toMatch(/^ratio +[\d.]+ +[\d.]+ +[\d.]+$/m);
  });
});
