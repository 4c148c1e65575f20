import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Commit, gitCommit, packageRoot } from '../../results/package-info.js';

/** What else a measurement needs to be judged by. */
export interface Conditions {
  /** ISO 8601, UTC. */
  date: string;
  /** The package's own commit; null outside a checkout. */
  commit: Commit | null;
  /** Over the last 1, 5 and 15 minutes, before the measurement; zeros on Windows. */
  load_average: number[];
  /** Cores that other processes kept busy right before the measurement. */
  busy_cores: number;
}

const SAMPLE_MILLISECONDS = 300;
/** A tenth of a core is what a desktop does by itself. */
const BUSY = 0.2;
/** One busy process brings the average of one minute here within about 40 seconds. */
const LOADED = 0.5;

/** Looks at the machine for a moment; this process must be idle meanwhile. */
export async function conditions(): Promise<Conditions> {
  const commit = await gitCommit(packageRoot());
  const before = cpuTimes();
  await sleep(SAMPLE_MILLISECONDS);
  return {
    date: new Date().toISOString(),
    commit,
    load_average: os.loadavg(),
    busy_cores: busyCores(before, cpuTimes()),
  };
}

/** Why the figures may be wrong, where something else is running. */
export function disturbance({ load_average: [load], busy_cores: busy }: Conditions): string | undefined {
  if (busy < BUSY && load < LOADED) return undefined;
  const now = `other processes use ${busy.toFixed(1)} cores now, load average ${load.toFixed(2)}`;
  return `${now}: the figures will be lower and less steady than on a quiet machine`;
}

interface CpuTimes {
  busy: number;
  all: number;
  cores: number;
}

function cpuTimes(): CpuTimes {
  const cpus = os.cpus();
  const times = cpus.map(({ times: { user, nice, sys, irq, idle } }) => {
    const busy = user + nice + sys + irq;
    return { busy, all: busy + idle };
  });
  const sum = (key: 'busy' | 'all') => times.reduce((total, each) => total + each[key], 0);
  return { busy: sum('busy'), all: sum('all'), cores: cpus.length };
}

/** Mean number of busy cores between two readings. */
export function busyCores(before: CpuTimes, after: CpuTimes): number {
  const passed = after.all - before.all;
  return passed > 0 ? (after.cores * (after.busy - before.busy)) / passed : 0;
}
