import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
const program = path.join(root, 'bin/bayescnn.js');

if (!existsSync(path.join(root, 'dist/program/main.js'))) {
  throw new Error('tests/cli runs the compiled program: run `npm run build` first');
}

/** The cache of all test files that do not ask about it: synthetic images are there once. */
export const sharedCache = process.env.BAYESCNN_SHARED_CACHE as string;

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cache: string;
  /** Default: the package's folder. */
  cwd?: string;
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Options of node itself. */
  node?: readonly string[];
}

export interface Running {
  readonly process: ChildProcess;
  /** Resolves when stdout and stderr together match; rejects when the program ends before. */
  printed(pattern: RegExp): Promise<void>;
  readonly finished: Promise<Finished>;
}

/** What is printed, without the lines in which the package `webgpu` tells that there is no Vulkan driver. */
export function withoutDawn(stderr: string): string {
  return stderr.replace(/^Warning: vk.*\n|^ +at CheckVkSuccessImpl .*\n/gm, '');
}

/** Starts `bayescnn` with its cache in `cache`, away from the user's. */
export function start(args: readonly string[], options: RunOptions): Running {
  const env = {
    ...process.env,
    npm_command: '',
    BAYESCNN_CACHE: options.cache,
    BAYESCNN_DEBUG: '',
    ...options.env,
  };
  const { cwd = root, node = [] } = options;
  const child = spawn(process.execPath, [...node, program, ...args], { cwd, env });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...text }));
  });
  return { process: child, finished, printed: (pattern) => printed(child, finished, text, pattern) };
}

async function printed(
  child: ChildProcess,
  finished: Promise<Finished>,
  text: { stdout: string; stderr: string },
  pattern: RegExp,
): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    const look = () => {
      if (pattern.test(text.stdout + text.stderr)) resolve();
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    look();
  });
  const ended = finished.then(({ code, stderr }) => {
    if (!pattern.test(text.stdout + text.stderr))
      throw new Error(`ended with ${code} before ${pattern}: ${stderr}`);
  });
  await Promise.race([seen, ended]);
}

/** Runs `bayescnn` to its end. */
export function run(args: readonly string[], options: RunOptions): Promise<Finished> {
  return start(args, options).finished;
}

/** A directory of its own for a test file, and how to remove it. */
export function scratch(): { directory: string; remove(): void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-cli-'));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A run of seconds: synthetic images, a CNN, one engine thread. */
export function tinyTraining(out: string, ...more: string[]): string[] {
  return [
    'train',
    '--config',
    path.join(root, 'configs/quickstart.json'),
    '--out',
    out,
    '--subset',
    '200',
    '--threads',
    '1',
    '--set',
    'model.bayesian=none',
    '--set',
    'train.epochs=2',
    '--set',
    'train.printEvery=2',
    ...more,
  ];
}
