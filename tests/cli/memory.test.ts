import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeSyntheticArchive } from '../../src/data/index.js';
import { scratch, start } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);
const EPOCHS = 50;
/** Bytes that the second half of a run may need beyond the first: the garbage collector's freedom. */
const SLACK = 8 * 2 ** 20;

it.skipIf(process.platform !== 'linux')(
  'memory, threads and open files stay level over 50 epochs',
  async () => {
    const archive = path.join(directory, 'archive.tar.gz');
    const { sha256 } = await writeSyntheticArchive(archive, { seed: 9, trainPerFile: 40, test: 40 });
    const config = path.join(directory, 'config.json');
    const settings = {
      data: { archive, sha256 },
      model: { bayesian: 'conv', posterior: { sigma: 0.02 } },
      train: { epochs: EPOCHS, batchSize: 20, checkpoint: { everySteps: 5 } },
      eval: { samples: 2 },
      backend: { kind: 'simd', threads: 2 },
    };
    writeFileSync(config, JSON.stringify(settings));
    const training = start(['train', '--config', config, '--out', directory], { cache: directory });
    const samples: { rss: number; threads: number; handles: number }[] = [];
    training.process.stdout?.on('data', () => samples.push(lookAt(training.process.pid as number)));
    const { code, stderr } = await training.finished;
    expect(code, stderr).toBe(0);
    const seen = samples.filter(({ rss }) => rss > 0);
    expect(seen.length).toBeGreaterThan(20);
    const [early, late] = [seen.slice(seen.length / 4, seen.length / 2), seen.slice(seen.length / 2)];
    const most = (part: typeof seen, of: 'rss' | 'threads' | 'handles') =>
      Math.max(...part.map((s) => s[of]));
    expect(most(late, 'rss')).toBeLessThan(most(early, 'rss') + SLACK);
    expect(most(late, 'threads')).toBeLessThanOrEqual(most(early, 'threads'));
    // A file may be open for writing at the moment of a look.
    expect(most(late, 'handles')).toBeLessThanOrEqual(most(early, 'handles') + 1);
  },
);

/** Resident bytes, threads and open files of a process; zeros once it is gone. */
function lookAt(pid: number): { rss: number; threads: number; handles: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    return {
      rss: 1024 * number('VmRSS'),
      threads: number('Threads'),
      handles: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return { rss: 0, threads: 0, handles: 0 };
  }
}
