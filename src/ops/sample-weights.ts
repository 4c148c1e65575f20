import { tf } from '../backends/tfjs.js';
import { checkTensor } from './check-tensors.js';
import { hasKernel, runKernel, scaled, thunks } from './kernel.js';
import { softplus } from './softplus.js';
import { checkWeightNoise, type WeightNoise, weightEpsilon, weightNoiseInputs } from './weight-noise.js';

const NAME = 'SampleWeights';

/**
 * A reparameterised draw of weights, w = mu + softplus(rho) epsilon (Blundell et al. 2015, section 3.2).
 * @param mu undefined: the perturbation alone @param rho shaped as mu
 * @throws BayescnnError 'failure' when shapes or types do not fit
 */
export function sampleWeights<T extends tf.Tensor>(mu: T | undefined, rho: T, noise: WeightNoise): T {
  checkTensor('sampleWeights', 'rho', rho, rho.shape);
  checkTensor('sampleWeights', 'mu', mu, rho.shape);
  checkWeightNoise('sampleWeights', noise, rho.shape);
  return tf.tidy(() => {
    if (hasKernel(NAME)) {
      const { inputs, attributes } = weightNoiseInputs(noise);
      return runKernel(NAME, { mu, rho, ...inputs }, attributes)[0] as T;
    }
    const perturbation = tf.mul(softplus(rho), weightEpsilon(noise, rho.shape)) as T;
    return mu === undefined ? perturbation : (tf.add(mu, perturbation) as T);
  });
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: [],
  // The slope dw / drho.
  outputsToSave: [false, true],
  gradFunc: (dys, saved) => {
    const [dw] = dys as tf.Tensor[];
    return thunks({ mu: () => tf.clone(dw), rho: () => scaled(dw, saved[0]) });
  },
});
