import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whatWebgpuLacks } from '../conformance/engines.js';
import { type Finished, run, scratch } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
// Finds a driver for the programs below too.
const lacks = await whatWebgpuLacks();

describe('doctor', () => {
  it('reports every engine; the embedded one and the oracle work everywhere', async () => {
    const { code, stdout } = await runHere(['doctor', '--json'], { cache: directory });
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

  let told: Finished;
  beforeAll(async () => {
    told = await run(['doctor'], { cache: directory });
    expect(told.code).toBe(0);
  });

  it('tests webgpu, or says what it lacks and what to do', async () => {
    const expected =
      lacks === undefined
        ? / webgpu works, on .*; self-test right to \de[-+]\d+ in /
        : / webgpu not available: cannot start: .* try: npm install --no-save webgpu@/;
    expect(told.stdout.replace(/\s+/g, ' ')).toMatch(expected);
  });

  it('prints text that says how to get the archive', () => {
    expect(told.stdout).toMatch(/^ {2}simd +works, .*; self-test right to \de[-+]\d+ in \d+\.\d\d s$/m);
    expect(told.stdout).toContain('try: bayescnn data fetch');
  });
});
