export {
  ARCHITECTURE_NAMES,
  type Architecture,
  type BayesianPart,
  bayesianLayers,
  type DroppedPart,
  droppableLayers,
  layerNames,
  unknownLayers,
} from './architectures.js';
export { meansOf, withPosterior } from './convert.js';
export { GaussianPosterior } from './distributions/gaussian-posterior.js';
export { GaussianPrior } from './distributions/gaussian-prior.js';
export { LaplacePrior } from './distributions/laplace-prior.js';
export { LearnedGaussianPrior } from './distributions/learned-gaussian-prior.js';
export type { Prior, PriorOptions } from './distributions/prior.js';
export { ScaleMixturePrior } from './distributions/scale-mixture-prior.js';
export { ESTIMATORS, type Estimator } from './estimator.js';
export { BayesConvLayer } from './layers/bayes-conv.js';
export { BayesDenseLayer } from './layers/bayes-dense.js';
export type { PosteriorOptions } from './layers/posterior-start.js';
export type { ConvShape, DenseShape } from './layers/shapes.js';
export type { BayesianOptions, Divergence } from './layers/variational.js';
export type { ForwardOptions, Model, StepWeights } from './model.js';
export type { NamedVariable, TorchTensor } from './named-variable.js';
export { ACTIVATIONS, type ActivationName } from './networks/network.js';
export { empiricalSigmas, posteriorWarnings } from './posterior-report.js';
export {
  createModel,
  createPrior,
  type ModelOptions,
} from './registry.js';
export { exportRecord, importRecord, type TorchRecord } from './torch-record.js';
