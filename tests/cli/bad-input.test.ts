import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_RETRY } from '../../src/data/fetch/download.js';
import { FOLDER, type Member, makeRecords, memberNamed, tarOf, validMembers } from '../unit/data/support.js';
import { type Finished, root, run, scratch, sharedCache, tinyTraining, withoutDawn } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);

/** A case's own cache and results folder, and what a failed command left in them. */
interface Place {
  cache: string;
  out: string;
  train(...args: string[]): Promise<Finished>;
  /** The same by a process of its own. */
  program(...args: string[]): Promise<Finished>;
  leftovers(): string[];
}

function place(): Place {
  const folder = mkdtempSync(path.join(directory, 'case-'));
  const [cache, out] = [path.join(folder, 'cache'), path.join(folder, 'results')];
  const config = path.join(root, 'configs/smoke-cnn.json');
  return {
    cache,
    out,
    train: (...args) => runHere(['train', '--config', config, '--out', out, ...args], { cache }),
    program: (...args) => run(['train', '--config', config, '--out', out, ...args], { cache }),
    leftovers: () =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name))),
  };
}

/** One message that matches every pattern, a hint, no stack, nothing on stdout. */
function expectFailure({ code, stdout, stderr }: Finished, exit: number, ...message: RegExp[]): void {
  expect(code, stderr).toBe(exit);
  expect(stdout).toBe('');
  expect(stderr.match(/^bayescnn: error: /gm)).toHaveLength(1);
  expect(stderr).not.toContain('unexpected');
  expect(stderr).toMatch(/^ {2}try: \S/m);
  expect(stderr).not.toMatch(/^\s+at /m);
  const error = stderr.slice(stderr.indexOf('bayescnn: error: '));
  for (const pattern of message) expect(error).toMatch(pattern);
}

describe('a config file', () => {
  function configFile(change: (config: Record<string, Record<string, unknown>>) => void): string {
    const text = readFileSync(path.join(root, 'configs/smoke-cnn.json'), 'utf8');
    const config = JSON.parse(text) as Record<string, Record<string, unknown>>;
    change(config);
    const file = path.join(mkdtempSync(path.join(directory, 'config-')), 'mine.json');
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  it('with unknown keys: all of them are named, with their places', async () => {
    const { program, leftovers } = place();
    const file = configFile((config) => {
      config.train.epoch = 3;
      config.modell = {};
    });
    expectFailure(await program('--config', file), 2, /mine\.json/, /train\.epoch/, /modell/);
    expect(leftovers()).toEqual([]);
  });

  it('with an engine that does not exist', async () => {
    const { train, leftovers } = place();
    const file = configFile((config) => {
      config.backend = { kind: 'cuda' };
    });
    expectFailure(await train('--config', file), 2, /backend\.kind/, /cuda/, /simd/);
    expect(leftovers()).toEqual([]);
  });
});

/** Whether TensorFlow's engine is installed; it may then start. */
const tensorflow = existsSync(path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu'));

describe('an engine', () => {
  it('that does not exist is a usage error which lists the others', async () => {
    const { train, leftovers } = place();
    expectFailure(await train('--backend', 'cuda'), 2, /'cuda'/, /auto, simd, tensorflow, webgpu, cpu/);
    expect(leftovers()).toEqual([]);
  });

  const images = ['--set', 'data.source=synthetic', '--subset', '100'];

  it('webgpu that cannot start leaves nothing', async () => {
    // No Vulkan driver, where its package is installed.
    vi.stubEnv('VK_ICD_FILENAMES', '/nowhere');
    const { program, leftovers } = place();
    const finished = await program('--backend', 'webgpu', ...images);
    const stderr = withoutDawn(finished.stderr);
    expectFailure({ ...finished, stderr }, 4, /engine webgpu: /);
    expect(leftovers()).toEqual([]);
  });

  it.skipIf(tensorflow)(
    `tensorflow that is not there leaves nothing${tensorflow ? ' [skipped: it is]' : ''}`,
    async () => {
      const { train, leftovers } = place();
      expectFailure(await train('--backend', 'tensorflow', ...images), 4, /engine tensorflow: /);
      expect(leftovers()).toEqual([]);
    },
  );
});

describe('a results folder that cannot be written', () => {
  it('is an error that names it', async () => {
    // Below a file: not even root may write there.
    const file = path.join(directory, 'a-file');
    writeFileSync(file, 'kept');
    const out = path.join(file, 'results');
    expectFailure(await run(tinyTraining(out), { cache: sharedCache }), 1, new RegExp(`${out}.*ENOTDIR`));
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });
});

describe('hosts that cannot be reached', () => {
  // The waits between attempts are tested with the download itself.
  beforeAll(() => void Object.assign(DEFAULT_RETRY, { delay: 1 }));

  it('are all named, the mirror first, and no archive is left', async () => {
    // A closed port for the mirror, and as a proxy for the official host.
    vi.stubEnv('BAYESCNN_MIRROR', 'http://127.0.0.1:9/mirror/');
    for (const name of ['HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, 'http://127.0.0.1:9');
    for (const name of ['NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
    const { train, leftovers } = place();
    expectFailure(
      await train(),
      3,
      /http:\/\/127\.0\.0\.1:9\/mirror\/cifar-10-binary\.tar\.gz: .*ECONNREFUSED.*\n.*https:\/\/www\.cs\.toronto\.edu/,
      /try: .*--archive/,
    );
    expect(leftovers().filter((name) => !name.endsWith('.part'))).toEqual([]);
  });
});

describe('an archive', () => {
  const insert = (member: Member) => (members: Member[]) => {
    members.splice(2, 0, member);
  };
  const content = new Uint8Array(0);
  const outside = path.join(directory, 'outside.bin');

  it.each([
    [
      'that is not there',
      () => {},
      '0'.repeat(64),
      /archive\.tar\.gz: .*ENOENT|archive\.tar\.gz.*no such file/,
    ],
    [
      'with another checksum',
      (file: string) => writeFileSync(file, gzipSync(tarOf(validMembers()))),
      '0'.repeat(64),
      /archive\.tar\.gz must have sha256 0{64}, got [0-9a-f]{64}/,
    ],
    [
      'that is not the official one, and has no checksum named',
      (file: string) => writeFileSync(file, gzipSync(tarOf(validMembers()))),
      undefined,
      /archive\.tar\.gz must be the official .*md5 c32a1d4ab5d03f1284b67883e8d87530/,
    ],
  ] as const)('%s leaves nothing', async (_name, make, sha256, message) => {
    const file = path.join(mkdtempSync(path.join(directory, 'archive-')), 'archive.tar.gz');
    make(file);
    const { train, leftovers, out } = place();
    expectFailure(await train('--archive', file, ...(sha256 ? ['--sha256', sha256] : [])), 3, message);
    expect(leftovers()).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[string, (members: Member[]) => void, RegExp]>([
    [
      'with a symbolic link',
      insert({ path: `${FOLDER}/link`, content, type: 'SymbolicLink', linkpath: '/etc/passwd' }),
      /link" at byte \d+ .*SymbolicLink/,
    ],
    [
      'with a path that leaves its folder',
      insert({ path: '../outside.bin', content }),
      /"\.\.\/outside\.bin" at byte \d+ .*"\.\."/,
    ],
    [
      'with an absolute path',
      insert({ path: outside, content }),
      /outside\.bin" at byte \d+ .*an absolute one/,
    ],
    [
      'with a member twice',
      (members) => members.push(memberNamed(members, 'data_batch_2.bin')),
      /data_batch_2\.bin" at byte \d+ must occur once/,
    ],
    [
      'with an oversized member',
      (members) => {
        memberNamed(members, 'data_batch_1.bin').content = new Uint8Array(10_001 * 3073);
      },
      /data_batch_1\.bin" at byte \d+ must have .*30730000 bytes, got 30733073/,
    ],
    [
      'with a short member',
      (members) => {
        memberNamed(members, 'test_batch.bin').content = makeRecords(2, 5).subarray(0, 6000);
      },
      /test_batch\.bin.*got .*byte 3073/,
    ],
    [
      'that ends within a member',
      (members) => {
        const member = memberNamed(members, 'test_batch.bin');
        member.size = member.content.length + 3073;
      },
      /test_batch\.bin" must have 9219 bytes, got \d+ before the archive ended/,
    ],
    [
      'with a label above 9',
      (members) => {
        memberNamed(members, 'data_batch_3.bin').content[3073] = 10;
      },
      /label at byte 3073 of member "data_batch_3\.bin" must be 0 to 9, got 10/,
    ],
  ])('%s is refused by its member and byte, and nothing is kept', async (_name, damage, message) => {
    const members = validMembers();
    damage(members);
    const bytes = gzipSync(tarOf(members), { level: 1 });
    const file = path.join(mkdtempSync(path.join(directory, 'archive-')), 'bad.tar.gz');
    writeFileSync(file, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');

    const { train, leftovers, out } = place();
    expectFailure(await train('--archive', file, '--sha256', sha256), 3, message);
    expect(leftovers()).toEqual([]);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(path.dirname(file))).toEqual(['bad.tar.gz']);
    expect(existsSync(outside)).toBe(false);
  });
});

describe('eval', () => {
  const cache = sharedCache;
  const { out } = place();
  const evaluate = (...args: string[]) => runHere(['eval', ...args], { cache });
  const trained = path.join(out, 'tiny');
  const checkpoint = path.join(trained, 'checkpoints/best.safetensors');
  let whole: Buffer;

  beforeAll(async () => {
    const { code, stderr } = await runHere(tinyTraining(out, '--name', 'tiny', '--set', 'train.epochs=1'), {
      cache,
    });
    expect(code, stderr).toBe(0);
    whole = readFileSync(checkpoint);
    expect((await evaluate(trained)).code).toBe(0);
  });

  it.each([
    ['nothing at all', 'nowhere', () => {}, /nowhere: expected a run folder, got nothing there/],
    ['a file', 'file.txt', (at: string) => writeFileSync(at, ''), /expected a run folder, got a file/],
    ['a folder', 'folder', (at: string) => mkdirSync(at), /got a folder without config\.json/],
  ] as const)('of %s instead of a run', async (_name, target, make, message) => {
    const at = path.join(directory, target);
    make(at);
    expectFailure(await evaluate(at), 2, message);
  });

  it.each<[string, (bytes: Buffer) => Uint8Array, RegExp]>([
    ['cut short', (bytes) => bytes.subarray(0, bytes.length - 100), /best\.safetensors: .*got/],
    ['empty', () => new Uint8Array(0), /best\.safetensors: .*got/],
    ['no checkpoint', () => Buffer.from('{"weights": []}'), /best\.safetensors: .*got/],
    [
      'with one bit flipped in a weight',
      (bytes) => {
        const copy = Buffer.from(bytes);
        copy[copy.length - 1000] ^= 1;
        return copy;
      },
      /best\.safetensors: .*sha256.*got/,
    ],
  ])('of a checkpoint that is %s', async (_name, damage, message) => {
    writeFileSync(checkpoint, damage(whole));
    expectFailure(await evaluate(trained), 3, message);
  });

  it('of a checkpoint that is not there names the one that is', async () => {
    writeFileSync(checkpoint, whole);
    expectFailure(
      await evaluate(trained, '--checkpoint', 'newest'),
      2,
      /checkpoint "newest", got no file/,
      /--checkpoint best or last/,
    );
  });

  it('of a config that was damaged', async () => {
    const file = path.join(trained, 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
    // By a process of its own.
    const finished = await run(['eval', trained], { cache });
    expectFailure(finished, 3, /config\.json: expected a readable JSON file, got /);
  });
});
