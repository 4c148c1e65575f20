import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTfjs, tf } from '../../src/backends/tfjs.js';
import { selfTest } from '../../src/runs/self-test.js';
import { evaluate as evaluateModel } from '../../src/train/evaluate.js';
import { evaluate, relativeError, TOLERANCES } from './compare.js';
import { absentEngines, useEngine, webgpuIsSoftware } from './engines.js';
import { CASES } from './parity-cases.js';
import { posteriorsOf } from './parity-posteriors.js';
import { train, trainingsOn } from './parity-trainings.js';
import { noiseSource, Training } from './training.js';

type Engine = keyof typeof TOLERANCES;
type Measure = keyof (typeof TOLERANCES)[Engine];
const MEASURES: Measure[] = ['forward', 'gradients', 'training', 'entropy'];

const STEPS = 20;
const source = noiseSource();
const absent = await absentEngines();
const seen: Record<string, Partial<Record<Measure, number>>> = {};

/** Notes an error, which must be within the engine's tolerance. */
function judge(engine: Engine, measure: Measure, what: string, error: number): void {
  const figures = seen[engine] ?? {};
  figures[measure] = Math.max(figures[measure] ?? 0, error);
  seen[engine] = figures;
  expect(error, `${what} on ${engine}`).toBeLessThan(TOLERANCES[engine][measure]);
}

/** Twenty steps of a LeNet with a posterior over its convolutions, on augmented images; then what it predicts. */
async function trained(engine: string) {
  await useEngine(engine);
  const training = new Training('conv', source, { augment: ['crop', 'flip'] });
  const losses = training.run(Array.from({ length: STEPS }, () => 2)).map(({ nll, kl }) => nll + kl / 5000);
  const weights = Object.entries(training.model.toTorch()).map(([name, { data }]) => [name, data] as const);
  const indices = Int32Array.of(1, 5, 9);
  const options = { indices, samples: 2, batchSize: 3, epoch: 1 };
  const { predictive_entropy, expected_entropy } = await evaluateModel(training.model, source, options);
  training.dispose();
  return { losses, weights, entropies: [predictive_entropy, expected_entropy] };
}

let reference: Awaited<ReturnType<typeof trained>>;
beforeAll(async () => {
  await loadTfjs();
  reference = await trained('cpu');
}, 300_000);

for (const engine of Object.keys(TOLERANCES) as Engine[]) {
  const why = absent[engine];
  describe.skipIf(why !== undefined)(
    `${engine} against cpu${why === undefined ? '' : ` [skipped: ${why}]`}`,
    () => {
      beforeAll(() => useEngine(engine));

      it.each(Object.entries(CASES))('%s: values and gradients', async (name, [arrays, op]) => {
        const expected = await evaluate('cpu', arrays, op);
        const actual = await evaluate(engine, arrays, op);
        for (const [what, values] of Object.entries(expected)) {
          const measure = what.startsWith('gradient') ? 'gradients' : 'forward';
          judge(engine, measure, `${what} of ${name}`, relativeError(actual[what], values));
        }
      });

      it(`${STEPS} training steps, and the predictive entropy behind them`, async () => {
        const { losses, weights, entropies } = await trained(engine);
        judge(engine, 'training', 'losses', relativeError(losses, reference.losses));
        for (const [i, [name, data]] of weights.entries())
          judge(engine, 'training', name, relativeError(data, reference.weights[i][1]));
        judge(engine, 'entropy', 'entropies', relativeError(entropies, reference.entropies));
      }, 300_000);

      const trainings = trainingsOn(engine, webgpuIsSoftware());
      it.skipIf(trainings.length === 0).each(trainings)(
        'training: %s',
        async (_name, settings) => {
          await useEngine('simd');
          const expected = train(settings);
          await useEngine(engine);
          for (const [i, [what, values]] of train(settings).entries())
            judge(engine, 'training', what, relativeError(values, expected[i][1]));
        },
        300_000,
      );

      it.skipIf(trainings.length < 2)(
        'SWAG, and a last layer with a Laplace posterior',
        async () => {
          await useEngine('simd');
          const expected = await posteriorsOf();
          await useEngine(engine);
          for (const [i, [what, values]] of (await posteriorsOf()).entries())
            judge(engine, 'training', what, relativeError(values, expected[i][1]));
        },
        300_000,
      );

      it("passes doctor's self-test", async () => {
        await useEngine(engine);
        expect(selfTest()).toMatch(/^self-test right to \d+e[-+]\d+ in \d+\.\d\d s$/);
      });
    },
  );
}

it('the self-test tells an engine that computes wrongly', async () => {
  await tf.setBackend('cpu');
  expect(selfTest()).toMatch(/^self-test right to/);
  const relu = tf.getKernel('Relu', 'cpu') as tf.KernelConfig;
  tf.unregisterKernel('Relu', 'cpu');
  tf.registerKernel({ ...relu, kernelFunc: tf.getKernel('Abs', 'cpu').kernelFunc });
  try {
    expect(selfTest).toThrow(/^self-test: loss of training step 1 should be 5\.1283317, got /);
  } finally {
    tf.unregisterKernel('Relu', 'cpu');
    tf.registerKernel(relu);
  }
});

afterAll(() => {
  const cell = (engine: Engine, measure: Measure) => seen[engine]?.[measure]?.toExponential(1) ?? '';
  const rows = (Object.keys(TOLERANCES) as Engine[]).map((engine) =>
    absent[engine]
      ? `| ${engine} | skipped: ${absent[engine]} | | | |`
      : `| ${engine} | ${MEASURES.map((measure) => `${cell(engine, measure)} (${TOLERANCES[engine][measure].toExponential(0)})`).join(' | ')} |`,
  );
  const head = `| engine | ${MEASURES.join(' | ')} |\n| ${'--- | '.repeat(5).trim()}`;
  console.log(`Parity with cpu: largest relative error seen (and allowed)\n${head}\n${rows.join('\n')}`);
});
