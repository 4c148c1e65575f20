import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { latestRuns } from '../../../src/results/index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'bayescnn-list-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Run `i` was started at second `i`; names sort the other way round. */
function makeRuns(count: number): void {
  for (let i = 0; i < count; i++) {
    const run = path.join(folder, `run-${String(count - i).padStart(6, '0')}`);
    mkdirSync(run);
    writeFileSync(path.join(run, 'config.json'), '{}');
    utimesSync(path.join(run, 'config.json'), i, i);
    const started = new Date(1000 * i).toISOString();
    writeFileSync(path.join(run, 'environment.json'), JSON.stringify({ started_at: started }));
  }
}

it('opens the runs whose configs were written last, the last started first, and counts all', async () => {
  makeRuns(300);
  mkdirSync(path.join(folder, 'not-a-run'));
  const { runs, total } = await latestRuns(folder);
  expect(total).toBe(300);
  expect(runs.map(({ name }) => name)).toEqual(
    Array.from({ length: 100 }, (_, i) => `run-${String(i + 1).padStart(6, '0')}`),
  );
  const few = await latestRuns(folder, 2);
  expect(few.runs.map(({ name }) => name)).toEqual(['run-000001', 'run-000002']);
  expect((await latestRuns(path.join(folder, 'nowhere'))).total).toBe(0);
});
