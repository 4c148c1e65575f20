import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepReport } from '../../src/runs/sweep/sweep.js';
import { root, run, scratch, sharedCache, start } from './command.js';

const programs = ['munged', 'slurmctld', 'slurmd', 'sbatch'];
const missing = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
const why = process.getuid?.() !== 0 ? 'needs root' : missing.length > 0 ? `needs ${missing.join(', ')}` : '';

describe.skipIf(why !== '')(`a sweep through Slurm${why === '' ? '' : ` (skipped: ${why})`}`, () => {
  const { directory, remove } = scratch();
  // Paths of sockets are short.
  const cluster = mkdtempSync(path.join(os.tmpdir(), 'slurm-'));
  let slurm: ChildProcess;

  beforeAll(async () => {
    slurm = spawn(path.join(root, 'tests/slurm/cluster.sh'), [cluster], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      slurm.stdout?.once('data', () => resolve());
      slurm.once('exit', (code) => reject(new Error(`Slurm did not start: ${code}, see ${cluster}/log`)));
    });
    process.env.SLURM_CONF = path.join(cluster, 'slurm.conf');
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => slurm.once('exit', resolve));
    slurm.stdin?.end();
    await ended;
    delete process.env.SLURM_CONF;
    rmSync(cluster, { recursive: true, force: true });
    remove();
  });

  /** A sweep of short runs; with one model its runs are one. */
  function sweep(name: string, epochs: number, models: readonly string[], ...more: string[]): string[] {
    const file = path.join(directory, `${name}.json`);
    const points = models.map((model) => [model, { 'model.bayesian': model }]);
    const content = {
      base: path.join(root, 'configs/quickstart.json'),
      set: { 'data.subset': { train: 128, test: 64 }, 'eval.samples': 2, 'train.epochs': epochs },
      search: { kind: 'list', points: Object.fromEntries(points) },
    };
    writeFileSync(file, JSON.stringify(content));
    return ['sweep', '--config', file, '--out', path.join(directory, 'slurm'), '--poll', '1', ...more];
  }

  const checkpoint = (out: string, name: string): Buffer =>
    readFileSync(path.join(directory, out, name, 'checkpoints/last.safetensors'));

  it('trains its runs on both nodes, to the bytes of runs trained here', async () => {
    const { code, stdout, stderr } = await run(
      [...sweep('grid', 2, ['none', 'all']), '--executor', 'slurm', '--json'],
      {
        cache: sharedCache,
      },
    );
    expect(stderr).toMatch(/Slurm job \d+: 2 tasks/);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as SweepReport;
    expect(report.runs.map(({ ended }) => ended)).toEqual(['done', 'done']);
    const here = await run([...sweep('grid', 2, ['none', 'all']), '--name', 'here', '--json'], {
      cache: sharedCache,
    });
    expect(here.code).toBe(0);
    for (const { name } of report.runs)
      expect(checkpoint('slurm/grid/runs', name).equals(checkpoint('slurm/here/runs', name))).toBe(true);
  });

  it('saves and queues again a task that Slurm asks to stop, which goes on to the same bytes', async () => {
    const long = sweep('long', 60, ['none']);
    const running = start([...long, '--executor', 'slurm'], { cache: sharedCache });
    const runs = path.join(directory, 'slurm/long/runs/none_seed0');
    await until(() => existsSync(path.join(runs, 'metrics.jsonl')));
    const logs = path.join(directory, 'slurm/long/logs');
    const job = /slurm-(\d+)_0\.log/.exec(readdirSync(logs).join(' '))?.[1] as string;
    // What the time limit does, a grace period before it.
    execFileSync('scancel', ['--batch', '--signal=TERM', `${job}_0`]);
    const log = () => readFileSync(path.join(logs, `slurm-${job}_0.log`), 'utf8');
    await until(() => log().includes('stopping after this step'));
    const { code } = await running.finished;
    expect(code).toBe(0);
    expect(log()).toMatch(/going on after/);
    const here = await run([...long, '--name', 'long-here'], { cache: sharedCache });
    expect(here.code).toBe(0);
    for (const name of readdirSync(path.dirname(runs)))
      expect(checkpoint('slurm/long/runs', name).equals(checkpoint('slurm/long-here/runs', name))).toBe(true);
  });

  it('follows what an earlier call that was killed left in the queue', async () => {
    const later = [...sweep('later', 1, ['none']), '--executor', 'slurm', '--slurm=--hold'];
    const first = start(later, { cache: sharedCache });
    await until(() =>
      readdirIf(path.join(directory, 'slurm/later/locks')).some((name) => /^slurm-/.test(name)),
    );
    first.process.kill('SIGKILL');
    await first.finished;
    const second = start(later, { cache: sharedCache });
    await second.printed(/Slurm job \d+ of an earlier call is still in the queue/);
    const [held] = execFileSync('squeue', ['--noheader', '--format=%F'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    execFileSync('scontrol', ['release', held.trim()]);
    const { code, stderr } = await second.finished;
    expect(stderr).not.toMatch(/: 1 tasks/);
    expect(code).toBe(0);
  });

  it('reports a task that fails by its state and its last words', async () => {
    const bad = sweep('bad', 1, ['none'], '--set', 'train.optimizer.learningRate=1e30', '--retries', '0');
    const { code, stderr } = await run([...bad, '--executor', 'slurm'], { cache: sharedCache });
    expect(code).toBe(1);
    expect(stderr).toMatch(/none_seed0 failed: FAILED 1:0: .*finite/);
  });

  it('says what Slurm refuses', async () => {
    const { code, stderr } = await run(
      [...sweep('none', 1, ['none']), '--executor', 'slurm', '--slurm=--partition=none'],
      {
        cache: sharedCache,
      },
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/sbatch: expected Slurm to take the job, got .*invalid partition/i);
  });
});

const readdirIf = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 100));
}
