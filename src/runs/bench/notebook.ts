import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BayescnnError } from '../../errors.js';
import { packageRoot } from '../../results/package-info.js';
import { peerFailure, peerScript } from './peer.js';
import { type Spread, spread } from './spread.js';

export interface NotebookOptions {
  /** The Python of the peer; without it only our own process is timed. */
  python?: string | undefined;
  peer?: string | undefined;
  /** Folder of CIFAR-10's binary files, for the peer. */
  data?: string | undefined;
  /** The archive for `train`; default: the downloaded one. */
  archive?: string | undefined;
  sha256?: string | undefined;
  /** Of both sides; default: what each chooses itself. */
  threads?: number | undefined;
  repetitions?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** One process from its start to its end. */
export interface ProcessTime {
  seconds: number;
  /** Of the 10,000 test images, after the last epoch. */
  test_accuracy: number;
}

/** How the peer read its images, and with what. */
export interface NotebookPeer {
  python: string;
  torch: string;
  /** torchvision's transforms, or plain tensors where it is missing. */
  transform: string;
  /** Processes of the DataLoader. */
  workers: number;
  threads: number;
}

export interface NotebookRound {
  pytorch: ProcessTime | null;
  bayescnn: ProcessTime;
}

export interface NotebookResult {
  /** As asked for; null: each side's own choice. */
  threads: number | null;
  peer: NotebookPeer | null;
  rounds: NotebookRound[];
  /** Seconds. */
  bayescnn: Spread;
  pytorch: Spread | null;
  /** How many times as long PyTorch takes, round by round. */
  ratio: Spread | null;
}

/**
 * Times the notebook as a whole process, start and evaluation included: two epochs in batches of 4, then the test
 * images. The peer reads through a DataLoader, as the notebook does.
 */
export async function runNotebook(
  options: NotebookOptions,
  onRound: (round: NotebookRound) => void,
): Promise<NotebookResult> {
  if (options.python !== undefined && options.data === undefined) {
    throw new BayescnnError(
      'usage',
      "bench: --notebook --vs-pytorch needs the peer's images, got no --data",
      {
        hint: "add --data DIR, the folder of CIFAR-10's binary files (data_batch_1.bin and so on)",
      },
    );
  }
  const rounds: NotebookRound[] = [];
  let peer: NotebookPeer | null = null;
  for (let i = 0; i < (options.repetitions ?? 3); i++) {
    const theirs = options.python === undefined ? null : await timePeer(options.python, options);
    peer = theirs?.peer ?? null;
    const round = { pytorch: theirs?.time ?? null, bayescnn: await timeOurs(options) };
    rounds.push(round);
    onRound(round);
  }
  return { threads: options.threads ?? null, peer, rounds, ...compareTimes(rounds) };
}

/** Spreads of the seconds, and of PyTorch's to ours within each round. */
export function compareTimes(
  rounds: readonly NotebookRound[],
): Pick<NotebookResult, 'bayescnn' | 'pytorch' | 'ratio'> {
  const ours = rounds.map(({ bayescnn }) => bayescnn.seconds);
  const theirs = rounds.flatMap(({ pytorch }) => (pytorch ? [pytorch.seconds] : []));
  const compared = theirs.length === rounds.length;
  return {
    bayescnn: spread(ours),
    pytorch: compared ? spread(theirs) : null,
    ratio: compared ? spread(theirs.map((seconds, i) => seconds / ours[i])) : null,
  };
}

async function timePeer(
  python: string,
  options: NotebookOptions,
): Promise<{ time: ProcessTime; peer: NotebookPeer }> {
  const { data, threads } = options;
  const words = [peerScript(options.peer), 'notebook', '--data', data as string];
  if (threads !== undefined) words.push('--threads', String(threads));
  const { seconds, stdout } = await timed(python, words, options.signal, (cause) =>
    peerFailure({ python }, cause),
  );
  const said = JSON.parse(stdout) as NotebookPeer & { test_accuracy: number };
  const { test_accuracy, python: version, torch, transform, workers, threads: used } = said;
  return {
    time: { seconds, test_accuracy },
    peer: { python: version, torch, transform, workers, threads: used },
  };
}

async function timeOurs(options: NotebookOptions): Promise<ProcessTime> {
  const root = packageRoot();
  const out = await mkdtemp(path.join(tmpdir(), 'bayescnn-bench-'));
  const words = [path.join(root, 'bin/bayescnn.js'), 'train', '--json'];
  words.push('--config', path.join(root, 'configs/notebook-cnn.json'), '--out', out);
  for (const name of ['archive', 'sha256', 'threads'] as const) {
    if (options[name] !== undefined) words.push(`--${name}`, String(options[name]));
  }
  try {
    const { seconds, stdout } = await timed(process.execPath, words, options.signal, trainFailure);
    const { final } = JSON.parse(stdout) as { final: { test_accuracy: number } };
    return { seconds, test_accuracy: final.test_accuracy };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function trainFailure(cause: Error | string): BayescnnError {
  const said = cause instanceof Error ? cause.message : cause.trim().split('\n').slice(-2).join('; ');
  return new BayescnnError('failure', `bench: the notebook's training must end well, got ${said}`, {
    hint: 'run it alone: bayescnn train --config configs/notebook-cnn.json',
  });
}

/** Runs a program to its end. @throws what `failure` makes of the cause: an error, or what stderr ended with */
function timed(
  command: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
  failure: (cause: Error | string) => Error,
): Promise<{ seconds: number; stdout: string }> {
  const started = performance.now();
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(signal?.aborted ? signal.reason : failure(error)));
    child.once('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, stdout: text.stdout });
      else reject(failure(text.stderr));
    });
  });
}
