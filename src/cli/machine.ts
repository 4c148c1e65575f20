import os from 'node:os';
import { packageVersion } from './version.js';

/** What a measurement or a report of a fault needs to be read with. */
export interface Machine {
  version: string;
  node: string;
  platform: string;
  cpu: string;
  /** Cores that this process may use. */
  cores: number;
  memory_bytes: number;
  free_memory_bytes: number;
}

export function machine(): Machine {
  return {
    version: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memory_bytes: os.totalmem(),
    free_memory_bytes: os.freemem(),
  };
}
