// One Bayesian convolution on its own: its KL, and how its outputs vary. Run: node examples/bayesian-layer.mjs
import { BayesConv2d, GaussianPrior, startEngine, tf } from 'bayescnn';

const engine = await startEngine({ threads: 1 });
const layer = new BayesConv2d(
  'conv1',
  { inputs: 3, outputs: 6, kernel: 5, relu: true, pool: true },
  {
    prior: new GaussianPrior(0.1),
    posterior: { kind: 'constant', sigma: 0.05, clamp: 0, meanInit: 'uniform' },
    divergence: 'kl',
    seed: 0,
  },
);

tf.tidy(() => {
  const x = tf.ones([1, 32, 32, 3]);
  const weights = layer.weights();
  console.log(`KL to the prior: ${weights.kl.dataSync()[0].toFixed(1)} nats`);
  // [step, sample, first image, 0] names the noise: the same clock gives the same draw.
  const draw = (sample) =>
    layer.forward(x, weights, { sample: true, clock: tf.tensor1d([0, sample, 0, 0], 'int32') });
  const draws = tf.stack(Array.from({ length: 100 }, (_, sample) => draw(sample)));
  const { mean, variance } = tf.moments(draws, 0);
  console.log(
    `output [${mean.shape}], mean standard deviation ${tf.mean(tf.sqrt(variance)).dataSync()[0].toFixed(4)}`,
  );
});

for (const { variable } of layer.parameters) variable.dispose();
await engine.dispose();
