import os from 'node:os';
import { type Commit, gitCommit, packageRoot, packageVersion } from './package-info.js';

/** What only the caller knows about a run. */
export interface RunFacts {
  engine: {
    name: string;
    /** Why this engine was chosen, one sentence. */
    why: string;
    /** What computed: `CPU`, or the GPU as its driver names it. */
    device: string;
    threads: number;
    /** Whether relaxed (not bit-reproducible) arithmetic is allowed. */
    relaxed: boolean;
  };
  dataset: {
    /** Of the archive, hex. */
    sha256: string;
    origin: string;
  };
  startedAt: Date;
}

/** environment.json: where and with what a run was made. */
export interface Environment {
  version: string;
  /** null outside a checkout of the package. */
  commit: Commit | null;
  node: string;
  platform: string;
  arch: string;
  os_release: string;
  cpu: string;
  cores: number;
  memory_bytes: number;
  engine: RunFacts['engine'];
  dataset: RunFacts['dataset'];
  /** ISO 8601, UTC. */
  started_at: string;
}

/** Collects environment.json: versions, commit and machine, together with the caller's facts. */
export async function environment(facts: RunFacts): Promise<Environment> {
  return {
    version: packageVersion(),
    commit: await gitCommit(packageRoot()),
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    os_release: os.release(),
    // Some ARM kernels and containers name no CPU.
    cpu: os.cpus()[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    engine: { ...facts.engine },
    dataset: { sha256: facts.dataset.sha256, origin: facts.dataset.origin },
    started_at: facts.startedAt.toISOString(),
  };
}
