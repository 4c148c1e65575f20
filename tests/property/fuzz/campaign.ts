import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Dice } from './dice.js';
import type { Target } from './target.js';

/** A case that the program got wrong. */
export interface Failure {
  index: number;
  message: string;
}

export interface Report {
  target: string;
  seed: number;
  cases: number;
  accepted: number;
  failures: Failure[];
  seconds: number;
  /** Of one case, seconds. */
  slowest: number;
}

export interface Plan {
  target: Target;
  seed: number;
  /** The first case, and how many. */
  first: number;
  cases: number;
  /** Called before each case. */
  onCase?(index: number): void;
}

const MAX_FAILURES = 20;

/** A mistake in one line; where a raw error came from, since that is where the mistake lies. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}\n${cause.stack ?? ''}` : (error.stack ?? error.message);
}

/** Runs cases of one target, one after the other, and goes on after a failure. */
export async function campaign({ target, seed, first, cases, onCase }: Plan): Promise<Report> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-fuzz-'));
  const report = {
    target: target.name,
    seed,
    cases: 0,
    accepted: 0,
    failures: [] as Failure[],
    seconds: 0,
    slowest: 0,
  };
  const began = performance.now();
  try {
    for (let index = first; index < first + cases && report.failures.length < MAX_FAILURES; index++) {
      onCase?.(index);
      const start = performance.now();
      try {
        if ((await target.run(new Dice(seed, target.name, index), folder)) === 'accepted') report.accepted++;
      } catch (error) {
        report.failures.push({ index, message: describe(error) });
      }
      report.cases++;
      report.slowest = Math.max(report.slowest, (performance.now() - start) / 1000);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  report.seconds = (performance.now() - began) / 1000;
  return report;
}
