import type * as z from 'zod';
import { droppableLayers, isNormalised, layerNames, unknownLayers } from '../models/architectures.js';
import type { configSchema } from './schema.js';

type Resolved = z.output<typeof configSchema>;

/** A rule between settings. Kept out of zod, which skips such rules as soon as any setting is wrong. */
export interface CrossCheck {
  /** Dotted paths that `holds` reads, the one to blame first. */
  inputs: readonly [string, ...string[]];
  holds: (config: Resolved) => boolean;
  /** What the first input must be. */
  message: string | ((config: Resolved) => string);
}

const isReal = ({ data }: Resolved): boolean => data.source !== 'synthetic';
const MADE = 'must be null with "source": "synthetic", whose images are made, not read';

/** Every rule between settings. */
export const CROSS_CHECKS: readonly CrossCheck[] = [
  {
    inputs: ['data.archive', 'data.source'],
    holds: (config) => isReal(config) || config.data.archive === null,
    message: MADE,
  },
  {
    inputs: ['data.sha256', 'data.source'],
    holds: (config) => isReal(config) || config.data.sha256 === null,
    message: MADE,
  },
  {
    inputs: ['model.prior.sigma2', 'model.prior.pi', 'model.prior.kind'],
    holds: ({ model: { prior } }) => prior.kind !== 'scale-mixture' || prior.pi === 1 || prior.sigma2 > 0,
    message: 'must be > 0 unless "pi" is 1 (a component of width 0 has no density)',
  },
  {
    inputs: ['model.bayesian', 'model.architecture'],
    holds: ({ model }) => unknownLayers(model.architecture, model.bayesian).length === 0,
    message: ({ model }) =>
      `must name layers of ${model.architecture} (${layerNames(model.architecture).join(', ')})`,
  },
  {
    inputs: ['model.dropout.layers', 'model.architecture'],
    holds: ({ model: { architecture, dropout } }) =>
      typeof dropout.layers === 'string' ||
      dropout.layers.every((name) => droppableLayers(architecture).includes(name)),
    message: ({ model }) =>
      `must name layers of ${model.architecture} before its last (${droppableLayers(model.architecture).join(', ')})`,
  },
  {
    inputs: ['model.posterior.clamp', 'model.posterior.kind', 'model.estimator'],
    holds: ({ model }) => model.estimator === 'lrt' || model.posterior.clamp === 0,
    message: 'must be 0 unless "estimator" is "lrt", the only one with an activation variance',
  },
  {
    inputs: ['model.posterior.kind', 'model.bayesian'],
    holds: ({ model }) => model.posterior.kind !== 'moped' || model.bayesian !== 'none',
    message: 'needs Bayesian layers: "bayesian" is "none"',
  },
  {
    inputs: ['model.start', 'model.posterior.kind'],
    holds: ({ model }) => model.start === null || model.posterior.kind !== 'moped',
    message: 'must be null with a "moped" posterior, which names its own',
  },
  {
    inputs: ['model.divergence', 'model.prior.kind', 'model.prior.learned'],
    holds: ({ model: { divergence, prior } }) =>
      divergence === 'kl' || prior.kind !== 'gaussian' || !prior.learned,
    message: 'must be "kl" with a learned prior, which has no density of its own',
  },
  {
    inputs: ['model.posterior.rhoLow', 'model.posterior.rhoHigh', 'model.posterior.kind'],
    holds: ({ model: { posterior } }) =>
      posterior.kind !== 'notebook' || posterior.rhoLow <= posterior.rhoHigh,
    message: 'must be at most "rhoHigh"',
  },
  {
    inputs: ['train.optimizer.nesterov', 'train.optimizer.momentum', 'train.optimizer.dampening'],
    holds: ({ train: { optimizer: sgd } }) =>
      sgd.kind !== 'sgd' || !sgd.nesterov || (sgd.momentum > 0 && sgd.dampening === 0),
    message: 'needs "momentum" > 0 and "dampening" 0, as in PyTorch',
  },
  {
    inputs: ['train.optimizer.weightDecay', 'model.bayesian'],
    holds: ({ model, train }) => model.bayesian === 'none' || train.optimizer.weightDecay === 0,
    message:
      'must be 0 with a Bayesian model, which its prior regularises (decay would pull rho to 0, sigma to 0.69)',
  },
  {
    inputs: ['train.schedule.every', 'train.schedule.milestones', 'train.schedule.kind'],
    holds: ({ train: { schedule } }) =>
      schedule.kind !== 'step' || (schedule.every === null) === schedule.milestones.length > 0,
    message: 'needs a number, or "milestones" in its place, not both',
  },
  {
    inputs: ['train.schedule.warmup', 'train.epochs'],
    holds: ({ train: { schedule, epochs } }) => schedule.warmup < epochs,
    message: 'must be less than "epochs"',
  },
  {
    inputs: ['train.swag.start', 'train.epochs'],
    holds: ({ train: { swag, epochs } }) => swag === null || swag.start < epochs,
    message: 'must be less than "epochs", or nothing is collected',
  },
  {
    inputs: ['model.activation', 'model.architecture'],
    holds: ({ model }) => model.activation === 'relu' || !isNormalised(model.architecture),
    message: 'must be "relu" with batch normalisation, which has it built in',
  },
  {
    inputs: ['train.swag.scale', 'model.architecture'],
    holds: ({ train: { swag }, model }) =>
      swag === null || swag.scale === 0 || !isNormalised(model.architecture),
    message:
      'must be 0 (the mean alone, SWA) with batch normalisation, whose statistics a draw of the weights would not fit',
  },
  {
    inputs: ['train.swag', 'model.bayesian'],
    holds: ({ train: { swag }, model }) => swag === null || model.bayesian === 'none',
    message: 'must be null with a Bayesian model: SWAG makes the posterior of a plain one',
  },
  {
    inputs: ['train.kl.warmup', 'train.kl.kind', 'train.epochs'],
    holds: ({ train: { kl, epochs } }) => kl.kind !== 'linear' || kl.warmup <= epochs,
    message: 'must be at most "epochs", or the weight is never reached',
  },
];
