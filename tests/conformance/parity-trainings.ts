import type { ModelOptions } from '../../src/models/index.js';
import { noiseSource, Training, type TrainingOptions } from './training.js';

export interface Case extends TrainingOptions {
  bayesian: ModelOptions['bayesian'];
  /** Batch sizes of its steps. */
  steps?: number[];
}

/** Adam's: with its usual 1e-8 a gradient that is all rounding moves its weight as far as any other. */
const EPSILON = 1e-3;

/** One step of one image. */
const step = (architecture: ModelOptions['architecture'], bayesian: Case['bayesian']): Case => ({
  bayesian,
  steps: [1],
  model: { architecture },
});

/** Every kind of setting that a training step knows, and a network with batch normalisation. */
const SETTINGS: Record<string, Case> = {
  'no posterior': { bayesian: 'none' },
  'nesterov, all Bayesian': {
    bayesian: 'all',
    optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.001 },
  },
  'adam, augmented': {
    bayesian: 'conv',
    optimizer: { kind: 'adam', eps: EPSILON },
    augment: ['crop', 'flip'],
  },
  'adamw, last layer': {
    bayesian: 'last',
    optimizer: { kind: 'adamw', weightDecay: 0.1, eps: EPSILON },
  },
  'weight sampling, scale mixture': {
    bayesian: 'all',
    model: {
      estimator: 'weight-sampling',
      prior: { kind: 'scale-mixture', pi: 0.5, sigma1: 1, sigma2: 0.1 },
    },
  },
  'weight sampling per example': { bayesian: 'conv', model: { estimator: 'weight-sampling-per-example' } },
  'flipout, Laplace prior': {
    bayesian: 'all',
    model: { estimator: 'flipout', prior: { kind: 'laplace', scale: 0.1 } },
  },
  'posterior means, learned prior': {
    bayesian: 'all',
    model: { estimator: 'mean', prior: { kind: 'gaussian', sigma: 1, learned: true } },
  },
  "the notebook's divergence": { bayesian: 'conv', model: { divergence: 'notebook' } },
  'dropout, softplus': {
    bayesian: 'none',
    model: { activation: 'softplus', dropout: { rate: 0.3, layers: 'all', sampled: true } },
  },
  resnet20: step('resnet20', 'conv'),
};

/** A GPU in software takes minutes for them all: there it trains the one that takes seconds. */
const LARGE = { alexnet: step('alexnet', 'conv'), vgg: step('vgg', 'conv') };
const SMALL = { 'alexnet, last layer': step('alexnet', 'last') };

/** What an engine trains besides the LeNet of parity.test.ts. */
export function trainingsOn(engine: string, software: boolean): [string, Case][] {
  if (engine === 'simd') return [];
  const more = engine === 'webgpu' ? { ...SMALL, ...LARGE } : {};
  return Object.entries(engine === 'webgpu' && software ? SMALL : { ...SETTINGS, ...more });
}

const source = noiseSource();

/** Losses of every step, and parameters behind the last one, on the current engine. */
export function train({ bayesian, steps = [3, 3, 2], ...options }: Case): [string, ArrayLike<number>][] {
  const training = new Training(bayesian, source, options);
  const results = training.run(steps);
  const tensors = Object.entries(training.model.toTorch()).map(
    ([name, { data }]) => [name, data] as [string, ArrayLike<number>],
  );
  training.dispose();
  return [['nll', results.map(({ nll }) => nll)], ['kl', results.map(({ kl }) => kl ?? 0)], ...tensors];
}
