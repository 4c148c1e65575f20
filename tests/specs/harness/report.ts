import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What became of one spec. */
export interface Outcome {
  /** With its suites' names and without the backend's. */
  name: string;
  status: 'passed' | 'failed' | 'pending' | 'excluded';
  messages: string[];
}

/** What one run of all specs on one backend found. */
export interface SpecReport {
  specs: Outcome[];
  /** The suites that depend on a backend, without its name. */
  suites: string[];
  /** Failures outside of specs: in hooks, while loading. */
  broken: string[];
  /** Calls of each registered kernel. */
  kernels: Record<string, number>;
  /** Runs of each of the engine's own operations. */
  operations: Record<string, number>;
}

/** Milliseconds for one run: ten times what it takes, for a busy machine. */
const LIMIT = 240_000;

/**
 * Runs the bundled specs in a new process.
 * @param threads the engine's; `cpu` has one
 */
export async function runBundle(bundle: string, backend: string, threads: number): Promise<SpecReport> {
  const folder = mkdtempSync(join(tmpdir(), 'bayescnn-specs-'));
  const path = join(folder, 'report.json');
  try {
    await promisify(execFile)(process.execPath, [bundle, backend, String(threads), path], {
      maxBuffer: 2 ** 26,
      timeout: LIMIT,
    });
    return JSON.parse(readFileSync(path, 'utf8')) as SpecReport;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
