import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, environment } from '../../../src/results/index.js';
import { gitCommit, packageRoot, packageVersion } from '../../../src/results/package-info.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'bayescnn-environment-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('environment', () => {
  it('holds the machine, the versions and what the caller says', async () => {
    const facts = {
      engine: { name: 'simd', why: 'asked for by name', device: 'CPU', threads: 2, relaxed: false },
      dataset: { sha256: 'ab', origin: 'synthetic' },
      startedAt: new Date(Date.UTC(2024, 1, 29, 12)),
    };
    const result = await environment(facts);
    expect(result).toMatchObject({
      node: process.version,
      platform: process.platform,
      arch: process.arch,
      engine: facts.engine,
      dataset: facts.dataset,
      started_at: '2024-02-29T12:00:00.000Z',
      cores: os.availableParallelism(),
      memory_bytes: os.totalmem(),
    });
    expect(result.cpu).not.toBe('');
    const manifest = JSON.parse(
      await readFile(path.resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
    );
    expect(result.version).toBe(manifest.version);
    expect(packageVersion()).toBe(manifest.version);
    expect(packageRoot()).toBe(path.resolve(import.meta.dirname, '../../..'));
  });
});

describe('gitCommit', () => {
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.c', '-c', 'commit.gpgsign=false', ...args],
      { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, GIT_CONFIG_GLOBAL: os.devNull } },
    ).trim();

  it("is null outside a repository, before the first commit, and inside someone else's", async () => {
    expect(await gitCommit(folder)).toBeNull();
    git('init', '-q');
    expect(await gitCommit(folder)).toBeNull();
    git('commit', '-q', '--allow-empty', '-m', 'first');
    await mkdir(path.join(folder, 'node_modules'));
    expect(await gitCommit(path.join(folder, 'node_modules'))).toBeNull();
    await mkdir(path.join(folder, 'node_modules', '.git'));
    expect(await gitCommit(path.join(folder, 'node_modules'))).toBeNull();
  });

  it('names the commit and tells changed files', async () => {
    git('init', '-q');
    await writeFile(path.join(folder, 'a'), '1');
    git('add', 'a');
    git('commit', '-q', '-m', 'first');
    const hash = git('rev-parse', 'HEAD');
    expect(await gitCommit(folder)).toEqual({ hash, modified: false });
    await writeFile(path.join(folder, 'b'), 'not tracked');
    expect(await gitCommit(folder)).toEqual({ hash, modified: false });
    await writeFile(path.join(folder, 'a'), '2');
    expect(await gitCommit(folder)).toEqual({ hash, modified: true });
    git('worktree', 'add', '-q', path.join(folder, 'other'));
    expect(await gitCommit(path.join(folder, 'other'))).toEqual({ hash, modified: false });
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every depth and drops what JSON drops', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x', u: undefined, 10: true })).toBe(
      '{"10":true,"a":"x","b":[{"c":null,"d":1}]}',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => canonicalJson({ a: [value] })).toThrow(`finite number, got ${value}`);
  });
});
