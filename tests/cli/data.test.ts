import { createHash } from 'node:crypto';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_RETRY } from '../../src/data/fetch/download.js';
import { run, scratch } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const cache = path.join(directory, 'cache');
const bayescnn = (...args: string[]) => runHere(args, { cache });
const archive = path.join(directory, 'synthetic.tar.gz');

beforeAll(async () => {
  // By a process of its own: below this one writes the same bytes.
  const args = ['data', 'synth', archive, '--seed', '3', '--train', '30', '--test', '40'];
  const { code, stderr } = await run(args, { cache });
  expect(code, stderr).toBe(0);
});

describe('data synth', () => {
  it('writes the same bytes for the same seed, others for another', async () => {
    const again = path.join(directory, 'again.tar.gz');
    const other = path.join(directory, 'other.tar.gz');
    await bayescnn('data', 'synth', again, '--seed', '3', '--train', '30', '--test', '40');
    await bayescnn('data', 'synth', other, '--seed', '4', '--train', '30', '--test', '40');
    expect(readFileSync(again).equals(readFileSync(archive))).toBe(true);
    expect(readFileSync(other).equals(readFileSync(archive))).toBe(false);
  });
});

describe('data info', () => {
  it('counts the images', async () => {
    const { code, stdout } = await bayescnn('data', 'info', archive, '--json');
    expect(code).toBe(0);
    const info = JSON.parse(stdout) as {
      members: { records: number }[];
      train: { records: number; classCounts: number[] };
      test: { records: number };
      official: boolean;
    };
    expect(info.members.map((member) => member.records)).toEqual([30, 30, 30, 30, 30, 40]);
    expect(info.train.classCounts.reduce((a, b) => a + b)).toBe(150);
    expect([info.train.records, info.test.records]).toEqual([150, 40]);
    expect(info.official).toBe(false);
  });

  it('prints text without --json', async () => {
    const { stdout } = await bayescnn('data', 'info', archive);
    expect(stdout).toMatch(/test_batch\.bin +40$/m);
    expect(stdout).toContain('(not the official archive)');
  });

  it('does not download what is not there', async () => {
    const { code, stderr } = await bayescnn('data', 'info');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^bayescnn: error: data info: .*\n {2}try: bayescnn data fetch/);
    expect(existsSync(path.join(cache, 'cifar-10-binary.tar.gz'))).toBe(false);
  });
});

describe('data verify', () => {
  const checksum = () => createHash('sha256').update(readFileSync(archive)).digest('hex');

  it('accepts a whole archive with the named checksum', async () => {
    const { code, stdout } = await bayescnn('data', 'verify', archive, '--sha256', checksum());
    expect(code).toBe(0);
    expect(stdout).toContain(`sha256  ${checksum()}`);
  });

  it('rejects one that is not the official archive, and says how to name it', async () => {
    const { code, stderr } = await bayescnn('data', 'verify', archive);
    expect(code).toBe(3);
    expect(stderr).toContain(`--sha256 ${checksum()}`);
  });

  it.each([
    ['a cut archive', (file: string) => truncateSync(file, 20_000)],
    ['a text', (file: string) => writeFileSync(file, 'no archive')],
    ['an empty file', (file: string) => truncateSync(file, 0)],
  ])('rejects %s', async (name, damage) => {
    const file = path.join(directory, `${name.replaceAll(' ', '-')}.tar.gz`);
    writeFileSync(file, readFileSync(archive));
    damage(file);
    const { code, stdout, stderr } = await bayescnn('data', 'verify', file);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr.match(/^bayescnn: error: archive: /gm)).toHaveLength(1);
  });
});

describe('data fetch', () => {
  const target = path.join(directory, 'fetched');
  const fetchFrom = (mirror: string) => bayescnn('data', 'fetch', '--cache-dir', target, '--mirror', mirror);

  it('refuses a mirror without encryption', async () => {
    const { code, stdout, stderr } = await fetchFrom('http://mirror.invalid/cifar-10-binary.tar.gz');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.match(/^bayescnn: error: /gm)).toHaveLength(1);
    expect(stderr).toContain('https');
  });

  // The waits between attempts are tested with the download itself.
  beforeAll(() => void Object.assign(DEFAULT_RETRY, { delay: 1 }));

  it('gives one message for a host that cannot be reached, and leaves no archive', async () => {
    const { code, stdout, stderr } = await fetchFrom('http://127.0.0.1:9/cifar-10-binary.tar.gz');
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr.match(/^bayescnn: error: /gm)).toHaveLength(1);
    expect(existsSync(path.join(target, 'cifar-10-binary.tar.gz'))).toBe(false);
  });
});
