import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { differences } from '../../scripts/same-run.mjs';
import { writeSyntheticArchive } from '../../src/data/index.js';
import { checkpointFile, loadCheckpoint } from '../../src/results/index.js';
import { type Finished, root, scratch, start } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const cache = path.join(directory, 'cache');
const config = path.join(directory, 'config.json');
const whole = path.join(directory, 'whole');

beforeAll(async () => {
  const archive = path.join(directory, 'archive.tar.gz');
  const { sha256 } = await writeSyntheticArchive(archive, { seed: 9, trainPerFile: 12, test: 20 });
  const settings = {
    data: { archive, sha256 },
    model: { bayesian: 'conv', posterior: { sigma: 0.02 } },
    train: { epochs: 3, batchSize: 6, printEvery: 3, checkpoint: { everySteps: 4 } },
    eval: { samples: 2 },
    backend: { threads: 1 },
  };
  writeFileSync(config, JSON.stringify(settings));
  expect((await runHere(trainArgs('whole'), { cache })).code).toBe(0);
});

function trainArgs(name: string, out = directory): string[] {
  return ['train', '--config', config, '--name', name, '--out', out];
}

interface Fault {
  call: 'write' | 'sync' | 'rename' | 'append';
  file: string;
  nth: number;
  do: 'EIO' | 'ENOSPC' | 'EDQUOT' | 'hang' | 'pause';
}

/** Starts a training with a fault in it. */
function startFaulty(name: string, fault: Fault) {
  vi.stubEnv('FAULT', JSON.stringify(fault));
  const node = ['--import', path.join(root, 'scripts/faults.mjs')];
  return start(trainArgs(name), { cache, node });
}

/** A clear failure, whole checkpoints and no temporary file; then the run goes on and ends as if nothing had been. */
async function expectSurvived(folder: string, failed: Finished, message: RegExp): Promise<void> {
  expect(failed.code, failed.stderr).toBe(1);
  expect(failed.stderr).toMatch(message);
  expect(failed.stderr).toMatch(/^ {2}try: /m);
  await expectWhole(folder);
  expect(readdirSync(path.join(folder, 'checkpoints')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  await expectResumed(folder);
}

async function expectWhole(folder: string): Promise<void> {
  for (const which of ['last', 'best', 'step'] as const) {
    const file = checkpointFile(folder, which);
    if (existsSync(file)) await loadCheckpoint(file);
  }
}

async function expectResumed(folder: string): Promise<void> {
  const resumed = await runHere(['train', '--resume', folder], { cache });
  expect(resumed.code, resumed.stderr).toBe(0);
  expect(differences(folder, whole)).toEqual([]);
}

describe('a disk that fails', () => {
  it.each<Fault>([
    { call: 'write', file: 'last[.]safetensors', nth: 2, do: 'EIO' },
    { call: 'write', file: 'step[.]safetensors', nth: 3, do: 'ENOSPC' },
    { call: 'sync', file: 'checkpoints$', nth: 4, do: 'EIO' },
    { call: 'rename', file: 'best[.]safetensors', nth: 1, do: 'EIO' },
    { call: 'append', file: 'losses[.]jsonl', nth: 5, do: 'EDQUOT' },
  ])('ends the run with what failed, and nothing is lost: %j', async (fault) => {
    const name = `${fault.call}-${fault.do}-${fault.nth}`;
    const failed = await startFaulty(name, fault).finished;
    await expectSurvived(
      path.join(directory, name),
      failed,
      new RegExp(`could not be written, got ${fault.do}`),
    );
  });
});

/** Why no file system can be mounted here; undefined where one can. */
function mountObstacle(): string | undefined {
  if (process.platform !== 'linux') return `tmpfs is Linux's, this is ${process.platform}`;
  const place = path.join(directory, 'probe');
  mkdirSync(place);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', place]);
  if (status !== 0) return 'mounting a tmpfs needs root';
  spawnSync('umount', [place]);
  return undefined;
}

const obstacle = mountObstacle();

describe.skipIf(obstacle !== undefined)(
  `on a file system of its own${obstacle ? ` [skipped: ${obstacle}]` : ''}`,
  () => {
    const mount = (...args: string[]) => expect(spawnSync('mount', args).status).toBe(0);

    it('a full disk ends the run; with more room it goes on; a read-only one is refused', async () => {
      const out = path.join(directory, 'small');
      mkdirSync(out);
      // Two checkpoints fit, a third does not.
      mount('-t', 'tmpfs', '-o', 'size=1500k', 'none', out);
      onTestFinished(() => void spawnSync('umount', ['-l', out]));
      const failed = await runHere(trainArgs('full', out), { cache });
      const folder = path.join(out, 'full');
      mount('-o', 'remount,size=16m,ro', out);
      const refused = await runHere(['train', '--resume', folder], { cache });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/could not be written, got EROFS/);
      mount('-o', 'remount,rw', out);
      await expectSurvived(folder, failed, /could not be written, got ENOSPC/);
    });
  },
);

it.skipIf(process.getuid?.() === 0)('a folder without write permission is refused', async () => {
  const out = path.join(directory, 'locked');
  mkdirSync(out);
  chmodSync(out, 0o555);
  const { code, stderr } = await runHere(trainArgs('any', out), { cache });
  expect(code).toBe(1);
  expect(stderr).toMatch(/could not be written, got EACCES/);
});

describe('a signal', () => {
  it('SIGTERM keeps the last step and ends with 130', async () => {
    // The checkpoint behind step 8 takes its time, so that the signal comes before the run's end; it may come earlier.
    const fault = { call: 'write', file: 'step[.]safetensors', nth: 2, do: 'pause' } as const;
    const training = startFaulty('terminated', fault);
    await training.printed(/\[1, {5}6\]/);
    training.process.kill('SIGTERM');
    const { code, stderr } = await training.finished;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/go on from there with `bayescnn train --resume \S*terminated`/);
    const step = Number(/stopped on request after step (\d+), which is kept/.exec(stderr)?.[1]);
    expect(step).toBeGreaterThanOrEqual(6);
    const folder = path.join(directory, 'terminated');
    expect((await loadCheckpoint(checkpointFile(folder, 'step'))).counters).toMatchObject({ epoch: 0, step });
    await expectResumed(folder);
  });

  it('a second one ends at once, also in the middle of a write', async () => {
    // The write of the first checkpoint never ends.
    const fault = { call: 'write', file: 'step[.]safetensors', nth: 1, do: 'hang' } as const;
    const training = startFaulty('twice', fault);
    await training.printed(/\[1, {5}3\]/);
    training.process.kill('SIGINT');
    await training.printed(/once more to stop at once/);
    const checkpoints = path.join(directory, 'twice', 'checkpoints');
    const halfWritten = [expect.stringMatching(/^[.]step.*tmp$/)];
    await vi.waitFor(() => expect(readdirSync(checkpoints)).toEqual(halfWritten), 30_000);
    training.process.kill('SIGINT');
    expect((await training.finished).code).toBe(130);
    const folder = path.join(directory, 'twice');
    expect(readdirSync(checkpoints)).toEqual(halfWritten);
    await expectResumed(folder);
  });
});

it('SIGKILL at seeded moments costs no byte', () => {
  const args = ['scripts/crash-trials.mjs', '--trials', '4', '--seed', '2'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/^4 trials, \d+ kills, 0 failures/m);
});
