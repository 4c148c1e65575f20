import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate, type MetricsRow, train } from '../../src/index.js';
import { root, scratch, sharedCache } from './command.js';

const { directory, remove } = scratch();
afterAll(remove);

/** Runs an example as a user would, by the package's own name. */
function example(name: string): string {
  const env = { ...process.env, BAYESCNN_CACHE: sharedCache };
  const file = path.join(root, 'examples', name);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: directory,
    env,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

describe('examples', () => {
  it('train-and-evaluate.mjs trains both twins and evaluates them', () => {
    const lines = example('train-and-evaluate.mjs').trimEnd().split('\n');
    const results = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    expect(results).toMatchObject([{ bayesian: 'none', mutual_information: 0 }, { bayesian: 'all' }]);
    expect(results[1].mutual_information).toBeGreaterThan(0);
    expect(lines.filter((line) => line.startsWith('epoch'))).toHaveLength(4);
  });

  it('bayesian-layer.mjs shows a KL and outputs that vary', () => {
    const [, kl] = /KL to the prior: ([\d.]+) nats/.exec(example('bayesian-layer.mjs')) as RegExpExecArray;
    // Each weight's KL is at least ln(0.1 / 0.05) - 1/2 + 0.05^2 / (2 * 0.1^2), that of a mean of 0.
    expect(Number(kl)).toBeGreaterThan(456 * (Math.log(2) - 0.5 + 0.125));
  });
});

describe('the library', () => {
  it('tells its reporter, and gives the figures of the run', async () => {
    process.env.BAYESCNN_CACHE = sharedCache;
    const rows: MetricsRow[] = [];
    const config = {
      data: { source: 'synthetic', subset: 100 },
      train: { epochs: 1 },
      backend: { threads: 1 },
    } as const;
    const summary = await train(config, { outDir: directory, reporter: { epoch: (row) => rows.push(row) } });
    expect(rows).toHaveLength(1);
    expect(summary.final).toEqual(rows[0]);
    const { accuracy, nll } = await evaluate(summary.run);
    expect(accuracy).toBe(summary.final.test_accuracy);
    expect(nll).toBeCloseTo(summary.final.test_nll, 9);
  });

  it('refuses wrong settings with all their paths', async () => {
    const wrong = { train: { epochs: 0 }, model: { bayesian: 'al' } };
    await expect(train(wrong as never)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/2 problems[\s\S]*did you mean "all"[\s\S]*train\.epochs/),
    });
  });
});
