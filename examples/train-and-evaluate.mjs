// Trains a CNN and its Bayesian twin on generated images, and evaluates both. Run: node examples/train-and-evaluate.mjs
import { evaluate, train } from 'bayescnn';

const settings = {
  data: { source: 'synthetic', subset: { train: 800, test: 400 } },
  train: { epochs: 2, batchSize: 16, optimizer: { learningRate: 0.02 } },
};

for (const bayesian of ['none', 'all']) {
  const config = {
    ...settings,
    name: `example-${bayesian}`,
    model: { bayesian, posterior: { sigma: 0.02 } },
  };
  const { run } = await train(config, {
    reporter: { epoch: (row) => console.log(`epoch ${row.epoch}: train loss ${row.train_loss.toFixed(3)}`) },
  });
  const { accuracy, nll, ece, mutual_information } = await evaluate(run, { samples: 20 });
  console.log(JSON.stringify({ bayesian, accuracy, nll, ece, mutual_information }));
}
