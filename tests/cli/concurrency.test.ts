import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../../scripts/same-run.mjs';
import { writeSyntheticArchive } from '../../src/data/index.js';
import { acquireLock } from '../../src/lock/lock.js';
import { root, run, scratch, start } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);
const cache = path.join(directory, 'cache');
const config = path.join(directory, 'config.json');
const archive = path.join(directory, 'archive.tar.gz');

beforeAll(async () => {
  const { sha256 } = await writeSyntheticArchive(archive, { seed: 9, trainPerFile: 12, test: 20 });
  const settings = {
    data: { archive, sha256 },
    model: { bayesian: 'none' },
    train: { epochs: 2, batchSize: 6, printEvery: 3, checkpoint: { everySteps: 4 } },
    eval: { samples: 1 },
    backend: { threads: 1 },
  };
  writeFileSync(config, JSON.stringify(settings));
});

const trainArgs = (name: string) => ['train', '--config', config, '--name', name, '--out', directory];
/** Files of the cache, without those that are named after a file's place. */
const cached = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

/** Runs tests/cli/lock-worker.mjs; resolves with the signal that ended it, or its exit code. */
function worker(...args: (string | number)[]): Promise<string | number | null> {
  const script = path.join(root, 'tests/cli/lock-worker.mjs');
  const child = spawn(process.execPath, [script, ...args.map(String)], { stdio: 'inherit' });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
}

it('processes under one lock lose nothing of each other, though some are killed while they hold it', async () => {
  const [lock, counter] = [path.join(directory, 'counter.lock'), path.join(directory, 'counter')];
  writeFileSync(counter, '0');
  const ends = await Promise.all([0, 5, 0, 11, 0, 1].map((diesAt) => worker(lock, counter, 15, diesAt)));
  expect(ends).toEqual([0, 'SIGKILL', 0, 'SIGKILL', 0, 'SIGKILL']);
  expect(readFileSync(counter, 'utf8')).toBe(String(3 * 15 + 5 + 11 + 1));
});

describe('one cache and one results folder', () => {
  it('serve two runs of one name at once: each has its own folder, and both the same bytes', async () => {
    const both = await Promise.all([1, 2].map(() => run(trainArgs('twin'), { cache })));
    for (const { code, stderr } of both) expect(code, stderr).toBe(0);
    expect(differences(path.join(directory, 'twin'), path.join(directory, 'twin-2'))).toEqual([]);
    const names = cached(cache).filter((name) => path.extname(name) !== '');
    expect(names.map((name) => name.replace(/[0-9a-f]{32,}/, 'X'))).toEqual([
      'archives/X.json',
      'decoded/X.v1',
    ]);
  });

  it('are waited for with a word: who decodes', async () => {
    const cold = path.join(directory, 'cold');
    // The lock's name is that of its archive: learned from a first, killed, run.
    const fault = { call: 'writeSync', file: '', nth: 2, do: 'kill' };
    const node = ['--import', path.join(root, 'scripts/faults.mjs')];
    const env = { FAULT: JSON.stringify(fault) };
    await run(trainArgs('killed'), { cache: cold, node, env });
    const [name] = readdirSync(path.join(cold, 'decoded')).filter((file) => file.endsWith('.lock'));
    const file = path.join(cold, 'decoded', name);
    expect(JSON.parse(readFileSync(file, 'utf8')).pid).not.toBe(process.pid);

    // Takes over the lock of the killed one.
    const lock = await acquireLock(file);
    const waiting = start(trainArgs('waiting'), { cache: cold });
    await waiting.printed(new RegExp(`waiting for process ${process.pid}, which decodes ${archive}`));
    await lock.release();
    const { code, stderr } = await waiting.finished;
    expect(code, stderr).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

it('a run that is being trained is not taken up by another process; one that was killed is', async () => {
  const folder = path.join(directory, 'busy');
  // Its first checkpoint never ends.
  const fault = { call: 'write', file: 'step[.]safetensors', nth: 1, do: 'hang' };
  const node = ['--import', path.join(root, 'scripts/faults.mjs')];
  const busy = start(trainArgs('busy'), { cache, node, env: { FAULT: JSON.stringify(fault) } });
  await busy.printed(/\[1, {5}3\]/);
  const files = () => readdirSync(folder).filter((name) => name !== 'losses.jsonl');
  const before = files();
  const refused = await run(['train', '--resume', folder], { cache });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    `${folder}: expected a run folder that no process trains in, got process ${busy.process.pid} in it`,
  );
  expect(refused.stderr).toMatch(/^ {2}try: wait until it has ended, or stop it; .*run[.]lock$/m);
  expect(files()).toEqual(before);

  busy.process.kill('SIGKILL');
  await busy.finished;
  expect(existsSync(path.join(folder, 'run.lock'))).toBe(true);
  const both = [1, 2].map(() => start(['train', '--resume', folder], { cache }));
  const ends = await Promise.all(both.map(({ finished }) => finished));
  // One of them goes on; the other one comes while it does, or after it has ended.
  const codes = ends.map(({ code }) => code).sort();
  expect([
    [0, 1],
    [0, 2],
  ]).toContainEqual(codes);
  expect(differences(folder, path.join(directory, 'twin'))).toEqual([]);
});
