import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { absentEngines } from '../conformance/engines.js';
import { scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const bayescnn = async (...args: string[]) => {
  const finished = await runHere(args, { cache: sharedCache });
  expect(finished.code, finished.stderr).toBe(0);
  return finished;
};
const read = (name: string, file: string) =>
  JSON.parse(readFileSync(path.join(directory, name, file), 'utf8'));
const EPOCHS = 3;
const absent = await absentEngines();

/** Six images, with a posterior in the convolutions: noise, momentum and rate must all go on. */
const start = (name: string, epochs: number, backend: string) =>
  bayescnn(
    ...tinyTraining(directory, '--subset', '6', '--set', 'model.bayesian=conv', '--backend', backend),
    // A constant rate: the number of epochs changes below.
    ...[
      '--set',
      'train.schedule.kind=constant',
      '--set',
      `train.epochs=${epochs}`,
      '--set',
      'train.batchSize=3',
      '--set',
      'eval.samples=2',
      '--name',
      name,
      '--quiet',
    ],
  );

/** Has a finished run go on for one more epoch, on an engine of one's choice. */
function further(name: string, epochs: number, backend: string) {
  const config = read(name, 'config.json');
  config.train.epochs = epochs;
  writeFileSync(path.join(directory, name, 'config.json'), JSON.stringify(config));
  rmSync(path.join(directory, name, 'summary.json'));
  return bayescnn('train', '--resume', path.join(directory, name), '--backend', backend);
}

type Row = Record<string, number>;
const rows = (name: string): Row[] =>
  readFileSync(path.join(directory, name, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

describe('a run moved between engines', () => {
  beforeAll(() => start('whole', EPOCHS, 'simd'));

  for (const other of ['cpu', 'tensorflow', 'webgpu'] as const) {
    const lacks = absent[other];
    const name = `goes on from simd on ${other}, and back${lacks ? ` [skipped: ${lacks}]` : ''}`;
    it.skipIf(lacks !== undefined)(
      name,
      async () => {
        await start(other, 1, 'simd');
        const there = await further(other, 2, other);
        expect(there.stderr).toContain(`moved from engine simd to ${other}`);
        expect(read(other, 'summary.json').engine).toBe(other);
        const back = await further(other, EPOCHS, 'simd');
        expect(back.stderr).toContain(`moved from engine ${other} to simd`);
        const { engine, resumed } = read(other, 'environment.json');
        expect(engine.name).toBe('simd');
        const why = expect.stringContaining('asked for by name');
        expect(resumed).toMatchObject([
          {
            after_epoch: 1,
            after_step: 2,
            engine: { name: other, why, device: other === 'webgpu' ? expect.any(String) : 'CPU' },
          },
          { after_epoch: 2, after_step: 4, engine: { name: 'simd', why, device: 'CPU' } },
        ]);
        // The same experiment as the run that stayed, whatever engine ended it.
        expect(read(other, 'summary.json').config_hash).toBe(read('whole', 'summary.json').config_hash);
        const [moved, stayed] = [rows(other), rows('whole')];
        expect(moved.map((row) => row.epoch)).toEqual([1, 2, 3]);
        for (const [i, row] of moved.entries())
          for (const column of [
            'train_nll',
            'train_kl',
            'test_nll',
            'predictive_entropy',
            'mutual_information',
          ])
            expect(Math.abs(row[column] / stayed[i][column] - 1), `${column} of epoch ${i + 1}`).toBeLessThan(
              1e-4,
            );
      },
      300_000,
    );
  }
});
