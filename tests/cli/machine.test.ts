import { afterAll, describe, expect, it } from 'vitest';
import { run, scratch } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = (...args: string[]) => run(args, { cache: directory });

describe('doctor', () => {
  it('reports every engine; the embedded one and the oracle work everywhere', async () => {
    const { code, stdout } = await bayescnn('doctor', '--json');
    expect(code).toBe(0);
    const { machine, cache, engines } = JSON.parse(stdout) as {
      machine: { node: string; cores: number };
      cache: { directory: string; archive_bytes: number | null };
      engines: { name: string; available: boolean; detail: string; remedy?: string }[];
    };
    expect(machine.node).toBe(process.version);
    expect(cache).toMatchObject({ directory, archive_bytes: null });
    expect(engines.map((engine) => engine.name).sort()).toEqual(['cpu', 'simd', 'tensorflow', 'webgpu']);
    for (const engine of engines) expect(engine.detail).not.toBe('');
    expect(engines.filter((engine) => engine.available).map((engine) => engine.name)).toEqual(
      expect.arrayContaining(['simd', 'cpu']),
    );
  });

  it('prints text that says how to get the archive', async () => {
    const { code, stdout } = await bayescnn('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}simd +works/m);
    expect(stdout).toContain('try: bayescnn data fetch');
  });
});

describe('bench', () => {
  const quick = ['--batches', '128', '--threads', '1', '--repetitions', '2', '--seconds', '0.1'];

  it('measures every model', async () => {
    const { code, stdout } = await bayescnn('bench', ...quick, '--json');
    expect(code).toBe(0);
    const { machine, rows } = JSON.parse(stdout) as {
      machine: { cpu: string };
      rows: {
        batch: number;
        threads: number;
        repetitions: number;
        images_per_second: Record<'min' | 'median' | 'max', number>;
      }[];
    };
    expect(machine.cpu).not.toBe('');
    expect(rows.length).toBeGreaterThanOrEqual(2);
    for (const { batch, threads, repetitions, images_per_second: rate } of rows) {
      expect({ batch, threads, repetitions }).toEqual({ batch: 128, threads: 1, repetitions: 2 });
      expect(rate.min).toBeGreaterThan(0);
      expect(rate.median).toBeGreaterThanOrEqual(rate.min);
      expect(rate.max).toBeGreaterThanOrEqual(rate.median);
    }
  });

  it('names a model that it does not know', async () => {
    const { code, stderr } = await bayescnn('bench', ...quick, '--models', 'nonsense');
    expect(code).toBe(2);
    expect(stderr).toContain('nonsense');
  });
});
