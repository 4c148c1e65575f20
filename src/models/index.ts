export { GaussianPosterior, sampledKl, weightNoise } from './distributions/gaussian-posterior.js';
export { GaussianPrior } from './distributions/gaussian-prior.js';
export type { Prior, PriorOptions } from './distributions/prior.js';
export { ScaleMixturePrior } from './distributions/scale-mixture-prior.js';
export type { Divergence, PosteriorOptions } from './layers/variational.js';
export type { BayesianPart } from './lenet.js';
export type { ForwardOptions, Model, StepWeights } from './model.js';
export type { NamedVariable, TorchTensor } from './named-variable.js';
export {
  ARCHITECTURE_NAMES,
  type Architecture,
  createModel,
  createPrior,
  type ModelOptions,
} from './registry.js';
export { exportRecord, importRecord, type TorchRecord } from './torch-record.js';
