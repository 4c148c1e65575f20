import { BayescnnError } from '../../errors.js';
import { type BayesianPart, createModel } from '../../models/index.js';
import { Sgd } from '../../train/optimizer.js';
import { type LabelledSource, TrainStep } from '../../train/step.js';
import { BENCH_IMAGES } from './source.js';

/** The models that are measured, by the names of the command line. */
export const MODELS: Readonly<Record<string, BayesianPart>> = {
  cnn: 'none',
  'bayes-conv': 'conv',
  'bayes-all': 'all',
};

/** @throws BayescnnError 'usage' where a name is none of `MODELS` */
export function checkModels(names: readonly string[]): void {
  const unknown = names.find((name) => !Object.hasOwn(MODELS, name));
  if (unknown === undefined) return;
  throw new BayescnnError('usage', `--models: one of ${Object.keys(MODELS).join(', ')}, got ${unknown}`, {
    hint: 'for example --models cnn,bayes-all',
  });
}

/** A model in training on noise. */
export interface Workload {
  readonly step: TrainStep;
  /** One whole training step: gather, forward, backward, update. */
  run(): void;
  dispose(): void;
}

/** A model of `MODELS` with the notebook's optimizer, past its first, slower steps. */
export function createWorkload(name: string, batch: number, source: LabelledSource): Workload {
  const model = createModel({
    architecture: 'lenet',
    bayesian: MODELS[name],
    prior: { kind: 'gaussian', sigma: 1 },
    posterior: { sigma: 0.05, clamp: 0, meanInit: 'uniform' },
    seed: 0,
  });
  const optimizer = new Sgd(model.parameters, { momentum: 0.9 });
  const step = new TrainStep(model, optimizer, source);
  let taken = 0;
  const run = () => {
    const first = (taken * batch) % (BENCH_IMAGES - batch + 1);
    const indices = Int32Array.from({ length: batch }, (_, i) => first + i);
    step.run(indices, taken++, 0.001, 1 / 50000);
  };
  const warm = performance.now();
  while (taken < 20 || performance.now() - warm < 200) run();
  return {
    step,
    run,
    dispose() {
      step.dispose();
      optimizer.dispose();
      model.dispose();
    },
  };
}
