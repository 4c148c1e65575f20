/**
 * How a Bayesian layer's output is drawn, each with the same mean and variance of a pre-activation:
 * `lrt`: local reparameterization, one normal an activation (Kingma et al. 2015);
 * `weight-sampling`: one draw of the weights for the whole batch (Bayes by backprop, Blundell et al. 2015);
 * `weight-sampling-per-example`: a draw of the weights for each image: right and slow;
 * `flipout`: one draw for the batch, decorrelated by random signs (Wen et al. 2018);
 * `mean`: no noise, the posterior's means; rho then learns from the KL alone.
 */
export const ESTIMATORS = [
  'lrt',
  'weight-sampling',
  'weight-sampling-per-example',
  'flipout',
  'mean',
] as const;

export type Estimator = (typeof ESTIMATORS)[number];
