import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PlannedRun } from '../../config/index.js';
import type { EvaluatedRow } from '../../train/row.js';
import type { Summary } from '../train.js';
import type { SweepFolder } from './folder.js';
import { appendLines, readLines } from './lines.js';

/** What a finished run tells a sweep. */
export interface RunResult {
  readonly name: string;
  readonly hash: string;
  readonly epochs: number;
  readonly train_images: number;
  readonly train_seconds: number;
  readonly total_seconds: number;
  readonly final: EvaluatedRow;
}

/**
 * Results of finished runs by hash. results.jsonl keeps what has been seen once: a sweep reads one file
 * and the names of its run folders, however many runs have ended.
 */
export class SweepResults {
  private constructor(
    private readonly folder: SweepFolder,
    private readonly known: Map<string, RunResult>,
  ) {}

  static async open(folder: SweepFolder): Promise<SweepResults> {
    const lines = await readLines<RunResult>(folder.file('results.jsonl'));
    return new SweepResults(folder, new Map(lines.map((result) => [result.hash, result])));
  }

  get(hash: string): RunResult | undefined {
    return this.known.get(hash);
  }

  all(): RunResult[] {
    return [...this.known.values()];
  }

  /** Looks for runs that have ended since; only run folders that exist are opened. */
  async gather(runs: readonly PlannedRun[]): Promise<void> {
    const missing = runs.filter(({ hash }) => !this.known.has(hash));
    if (missing.length === 0) return;
    const present = new Set(await readdir(path.join(this.folder.path, 'runs')));
    const found: RunResult[] = [];
    for (const run of missing.filter(({ name }) => present.has(name))) {
      const result = await this.read(run);
      if (result !== undefined) found.push(result);
    }
    for (const result of found) this.known.set(result.hash, result);
    await appendLines(this.folder.file('results.jsonl'), found);
  }

  private async read({ name, hash }: PlannedRun): Promise<RunResult | undefined> {
    const text = await readFile(path.join(this.folder.runPath(name), 'summary.json'), 'utf8').catch(
      () => undefined,
    );
    if (text === undefined) return undefined;
    const { epochs, train_images, train_seconds, total_seconds, final } = JSON.parse(text) as Summary;
    return { name, hash, epochs, train_images, train_seconds, total_seconds, final };
  }
}
