import { existsSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../../scripts/same-run.mjs';
import { parseConfig } from '../../src/config/index.js';
import type { BayescnnError } from '../../src/errors.js';
import { openResumable } from '../../src/runs/resume.js';
import { runTraining } from '../../src/runs/train.js';
import type { TrainReporter } from '../../src/train/reporter.js';
import { engines } from './engines.js';
import { smallArchive } from './small-archive.js';

const small = smallArchive('resume');
const { archive, directory } = small;

const ignore = () => {};
const SILENT: TrainReporter = {
  ...{ note: ignore, warn: ignore, progress: ignore, lossPrint: ignore },
  ...{ evaluating: ignore, epoch: ignore },
};

/** Settings whose state a checkpoint must hold, each with another of everything. */
const CASES = {
  'cnn, nesterov, step schedule, augmented': {
    data: { augment: ['crop', 'flip'], validation: 20 },
    model: { bayesian: 'none' },
    train: {
      optimizer: { kind: 'sgd', learningRate: 0.02, nesterov: true, weightDecay: 0.001 },
      schedule: { kind: 'step', every: 1, gamma: 0.5, warmup: 1.5 },
    },
  },
  'bayesian, adam, one cycle, cyclical KL, learned prior': {
    data: { augment: ['flip'], validation: 20 },
    model: { bayesian: 'all', prior: { learned: true }, posterior: { sigma: 0.02 } },
    train: {
      optimizer: { kind: 'adam', learningRate: 0.002 },
      schedule: { kind: 'one-cycle' },
      kl: { kind: 'cyclical', cycles: 2 },
    },
  },
  'weight sampling, scale mixture, adamw, linear KL, an evaluation every second epoch': {
    model: {
      bayesian: 'conv',
      estimator: 'weight-sampling',
      prior: { kind: 'scale-mixture' },
      posterior: { kind: 'normal' },
    },
    train: { optimizer: { kind: 'adamw', weightDecay: 0 }, kl: { kind: 'linear', warmup: 2 } },
    eval: { every: 2 },
  },
  'flipout, laplace, plain sgd, blundell': {
    model: { bayesian: ['fc3'], estimator: 'flipout', prior: { kind: 'laplace' } },
    train: { optimizer: { kind: 'sgd', momentum: 0, learningRate: 0.001 }, kl: { kind: 'blundell' } },
  },
  'a residual network whose weights are averaged, an evaluation every second epoch': {
    data: { augment: ['crop', 'flip'] },
    model: { architecture: 'resnet20', bayesian: 'none' },
    train: { swag: { start: 0, every: 4, learningRate: 0.01, scale: 0 } },
    eval: { every: 2 },
  },
  ...(engines().includes('tensorflow') && {
    'on tensorflow: cnn, adam, augmented, swag': {
      data: { augment: ['crop', 'flip'] },
      model: { bayesian: 'none' },
      train: {
        optimizer: { kind: 'adam', learningRate: 0.002 },
        swag: { start: 1, every: 4, learningRate: 0.001 },
      },
      backend: { kind: 'tensorflow' },
    },
  }),
};

type Settings = Partial<Record<'data' | 'model' | 'train' | 'eval' | 'backend', object>>;

function configOf(name: string, settings: Settings, threads: number, everySteps: number | null) {
  return parseConfig(
    {
      name,
      seed: 7,
      data: { archive, sha256: small.sha256, ...settings.data },
      model: { posterior: { sigma: 0.02 }, ...settings.model },
      train: { epochs: 3, batchSize: 7, printEvery: 2, checkpoint: { everySteps }, ...settings.train },
      eval: { samples: 2, batchSize: 10, ...settings.eval },
      backend: { kind: 'simd', threads, ...settings.backend },
    },
    name,
  );
}

const CRASH = new Error('a crash');

/**
 * Starts or resumes a run with a checkpoint at every third step.
 * @param watch may end it early: by the signal, which keeps the last step, or by throwing `CRASH`
 * @returns whether it came to its end
 */
async function attempt(
  name: string,
  settings: Settings,
  threads: number,
  watch: (stop: () => void) => Partial<TrainReporter> = () => ({}),
): Promise<boolean> {
  const folder = path.join(directory, name);
  const resume = existsSync(folder) ? await openResumable(folder) : undefined;
  const controller = new AbortController();
  const reporter = { ...SILENT, ...watch(() => controller.abort()) };
  const config = configOf(name, settings, threads, 3);
  const request = { config, outDir: directory, resume, reporter, signal: controller.signal };
  return runTraining(request).then(
    () => true,
    (error: BayescnnError) => {
      if (error === CRASH || error.code === 'interrupted') return false;
      throw error;
    },
  );
}

/** Ends runs behind printed losses, counted over all attempts: every second one. */
function endAtPrints({ stop, crash }: { stop: number[]; crash: number[] }) {
  let printed = 0;
  return (end: () => void): Partial<TrainReporter> => ({
    lossPrint: () => {
      printed++;
      if (stop.includes(printed)) end();
      if (crash.includes(printed)) throw CRASH;
    },
  });
}

describe.each(Object.entries(CASES))('%s', (name, settings: Settings) => {
  const folderName = (part: string) => `${name.replace(/[^a-z]+/g, '-')}.${part}`;
  const whole = () => path.join(directory, folderName('whole'));
  beforeAll(async () => {
    const config = configOf(folderName('whole'), settings, 2, null);
    await runTraining({ config, outDir: directory, reporter: SILENT });
  });

  it('ends in the same bytes when it is stopped inside epochs, whatever the threads', async () => {
    // The checkpoint at step 3, where the second one goes on, lies in the middle of a printed loss.
    const watch = endAtPrints({ stop: [1, 5], crash: [2, 6] });
    let attempts = 1;
    while (!(await attempt(folderName('stopped'), settings, 1 + (attempts % 2), watch))) attempts++;
    expect(attempts).toBe(5);
    expect(differences(path.join(directory, folderName('stopped')), whole())).toEqual([]);
  });

  it('ends in the same bytes when it is stopped in an evaluation', async () => {
    const stopped = folderName('evaluating');
    const watch = (stop: () => void) => ({ evaluating: stop });
    expect(await attempt(stopped, settings, 2, watch)).toBe(false);
    const { epoch, progress, lock } = await openResumable(path.join(directory, stopped));
    await lock.release();
    // All steps of the epoch, and no row of it.
    expect(progress?.sums.images).toBe('validation' in (settings.data ?? {}) ? 40 : 60);
    expect(progress?.epoch).toBe(epoch + 1);
    expect(await attempt(stopped, settings, 1)).toBe(true);
    expect(differences(path.join(directory, stopped), whole())).toEqual([]);
  });
});
