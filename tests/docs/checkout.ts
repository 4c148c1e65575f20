import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { PNG } from 'pngjs';
import type { Io } from '../../src/cli/io.js';
import { main } from '../../src/cli/main.js';
import { scratch } from '../cli/command.js';
import { FakeIo } from '../unit/cli/fake-io.js';
import { root } from './pages.js';
import { ARCHIVE, TEST_IMAGES, TRAIN_PER_MEMBER, writeTinyConfigs } from './tiny.js';

/** Writes down what it is given, each word ended by a NUL and each call by another. */
const BAYESCNN = `#!/bin/sh
printf '%s\\0' "$@" >> "$WORDS"
printf '\\0' >> "$WORDS"
`;
const NPX = `#!/bin/sh
[ "$1" = bayescnn ] || { echo "npx $1: not of this package" >&2; exit 1; }
exec "$@"
`;
/** A checkout that is installed already. */
const NPM = `#!/bin/sh
[ "$1" = ci ] || { echo "npm $1: not for a test" >&2; exit 1; }
`;

/** How a command ended, and what it said. */
export interface Ended {
  code: number | null;
  said: string;
}

/** A folder that looks like a checkout to whoever types the commands of a page, with tiny configs and images. */
export class Checkout {
  private readonly scratch = scratch();
  private readonly folder = this.scratch.directory;
  private readonly words = path.join(this.folder, 'words');
  private sha256 = '0'.repeat(64);

  constructor() {
    for (const name of ['configs/sweeps', 'bench/results', 'bin', 'home', 'node_modules'])
      mkdirSync(path.join(this.folder, name), { recursive: true });
    symlinkSync(root, path.join(this.folder, 'node_modules/bayescnn'));
    for (const [name, text] of Object.entries({ bayescnn: BAYESCNN, npx: NPX, npm: NPM })) {
      const file = path.join(this.folder, 'bin', name);
      writeFileSync(file, text);
      chmodSync(file, 0o755);
    }
  }

  /** Generates the images and a picture, and writes the configs that use them. */
  async fill(): Promise<void> {
    const archive = path.join(this.folder, ARCHIVE);
    const size = ['--train', `${TRAIN_PER_MEMBER}`, '--test', `${TEST_IMAGES}`];
    const { code, said } = await this.run(['data', 'synth', archive, ...size]);
    if (code !== 0) throw new Error(said);
    this.sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
    const picture = PNG.sync.write(new PNG({ width: 48, height: 40 }));
    writeFileSync(path.join(this.folder, 'my-picture.png'), picture);
    writeTinyConfigs(path.join(this.folder, 'configs'), { archive, sha256: this.sha256 });
  }

  /** Puts the package's own configs here. */
  ship(): void {
    cpSync(path.join(root, 'configs'), path.join(this.folder, 'configs'), { recursive: true });
  }

  /**
   * Types a command into bash, which finds this folder's `bayescnn`, `npx` and `npm`.
   * @returns how bash ended, and the words of each call of `bayescnn`, which did nothing
   */
  type(command: string): Ended & { calls: string[][] } {
    rmSync(this.words, { force: true });
    // In zsh $fpath names folders of completions; bash counts from 0.
    const script = `fpath=(. "$HOME"); ${command.replace(/\bHEX\b|<hex>/g, this.sha256)}`;
    const ended = this.spawn('bash', ['-c', script]);
    const calls = existsSync(this.words) ? readFileSync(this.words, 'utf8').split('\0\0').slice(0, -1) : [];
    return { ...ended, calls: calls.map((call) => (call === '' ? [] : call.split('\0'))) };
  }

  /** Runs the program here. In this process: a start of its own would take most of a command's time. */
  async run(words: readonly string[]): Promise<Ended> {
    const io = new FakeIo();
    const code = await this.runIn(io, words);
    return { code, said: io.out + io.err };
  }

  /** The same with standard streams of the caller's. @returns the exit code */
  async runIn(io: Io, words: readonly string[]): Promise<number> {
    const before = { folder: process.cwd(), cache: process.env.BAYESCNN_CACHE };
    try {
      process.chdir(this.folder);
      process.env.BAYESCNN_CACHE = path.join(this.folder, 'cache');
      return await main(['node', 'bayescnn', ...words], io);
    } finally {
      process.chdir(before.folder);
      process.env.BAYESCNN_CACHE = before.cache;
    }
  }

  /** Runs JavaScript that imports the package by its name. */
  script(text: string): Ended {
    const file = path.join(this.folder, 'script.mjs');
    writeFileSync(file, text);
    return this.spawn(process.execPath, [file]);
  }

  remove(): void {
    this.scratch.remove();
  }

  private spawn(program: string, args: string[]): Ended {
    const env = {
      ...process.env,
      PATH: `${path.join(this.folder, 'bin')}${path.delimiter}${process.env.PATH}`,
      HOME: path.join(this.folder, 'home'),
      BAYESCNN_CACHE: path.join(this.folder, 'cache'),
      WORDS: this.words,
    };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: this.folder, env, encoding: 'utf8' });
    return { code: status, said: stdout + stderr };
  }
}
