import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { BayescnnError } from '../../errors.js';
import { packageRoot } from '../../results/package-info.js';
import type { Setting } from './settings.js';

/** PyTorch's name of a device. */
export type PeerDevice = 'cpu' | 'cuda';

export interface PeerOptions {
  /** The Python to run: a name in PATH, or a path. */
  python: string;
  /** The peer's script; default: the package's own. */
  peer?: string | undefined;
  /** Folder of CIFAR-10's binary files; default: noise. */
  data?: string | undefined;
  /** Where the peer computes; default: cpu. */
  device?: PeerDevice | undefined;
  signal?: AbortSignal | undefined;
}

export interface PeerVersions {
  python: string;
  torch: string;
  /** What it computes on: `CPU`, or the GPU's name. */
  device: string;
}

/** How much of what the peer said is quoted when it fails. */
const TAIL = 4000;

/** The path of the peer's script. */
export function peerScript(peer: string | undefined): string {
  return peer ?? path.join(packageRoot(), 'bench/peer.py');
}

/** The PyTorch peer: a process that measures on request, one JSON line each way. It is idle in between. */
export class Peer {
  private said = '';
  private cannotStart: Error | undefined;
  private readonly lines: AsyncIterator<string>;

  private constructor(
    private readonly options: PeerOptions,
    private readonly child: ChildProcessWithoutNullStreams,
  ) {
    child.on('error', (error) => {
      this.cannotStart = error;
    });
    // A peer that ended is noticed where its answer is missing.
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-TAIL);
    });
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws BayescnnError 'usage' where Python, torch or the device is missing */
  static async start(options: PeerOptions): Promise<{ peer: Peer; versions: PeerVersions }> {
    const { signal, data, device = 'cpu' } = options;
    const words = [
      ...(data === undefined ? [] : ['--data', data]),
      ...(device === 'cpu' ? [] : ['--device', device]),
    ];
    const child = spawn(options.python, [peerScript(options.peer), 'serve', ...words], {
      stdio: 'pipe',
      ...(signal && { signal }),
    });
    const peer = new Peer(options, child);
    const { python, torch, device: own } = (await peer.answer()) as Partial<PeerVersions>;
    if (device === 'cuda' && own === undefined) {
      peer.close();
      throw peerFailure(options, 'an answer that names no device');
    }
    return { peer, versions: { python, torch, device: own ?? 'CPU' } as PeerVersions };
  }

  /** Training images/s of a setting, measured for `seconds` after a warm-up. */
  async measure(setting: Setting, seconds: number): Promise<number> {
    this.child.stdin.write(`${JSON.stringify({ ...setting, seconds })}\n`);
    const { images_per_second: rate } = (await this.answer()) as { images_per_second: unknown };
    if (typeof rate === 'number' && rate > 0) return rate;
    throw peerFailure(this.options, `an answer without images_per_second: ${JSON.stringify(rate)}`);
  }

  private async answer(): Promise<unknown> {
    const { value, done } = await this.lines.next();
    this.options.signal?.throwIfAborted();
    if (done) throw peerFailure(this.options, this.cannotStart ?? this.said);
    try {
      return JSON.parse(value);
    } catch {
      throw peerFailure(this.options, `a line that is no JSON: ${value}`);
    }
  }

  /** Ends the process. */
  close(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}

/** One error for what can go wrong with the peer: no such Python, no torch in it, no GPU, or a fault of the script. */
export function peerFailure({ python }: { python: string }, cause: Error | string): BayescnnError {
  if (cause instanceof Error) {
    const code = (cause as NodeJS.ErrnoException).code ?? cause.message;
    return new BayescnnError(
      'usage',
      `--vs-pytorch: expected a Python that starts, got ${python} (${code})`,
      {
        cause,
        hint: 'give its path, for example --vs-pytorch venv/bin/python',
      },
    );
  }
  const last = cause.trim().split('\n').pop() || 'no word';
  if (/No module named '?torch'?$/.test(last)) {
    return new BayescnnError(
      'usage',
      `--vs-pytorch: expected a Python with torch, got ${python} without it`,
      {
        hint: `${python} -m pip install torch`,
      },
    );
  }
  const [, torch] = /^No CUDA device for torch (.+)$/.exec(last) ?? [];
  if (torch !== undefined) {
    return new BayescnnError(
      'usage',
      `--device: expected a CUDA device that torch can use, got torch ${torch} without one`,
      { hint: 'see nvidia-smi, and install a torch with CUDA; or --device cpu' },
    );
  }
  return new BayescnnError('failure', `--vs-pytorch: the peer must answer, got ${last}`, {
    hint: `run the peer alone: ${python} bench/peer.py bench --repetitions 1`,
  });
}
