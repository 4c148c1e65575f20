import { floatWord } from '../engine.js';
import { Op } from '../opcodes.js';
import { type SimdKernel, size } from './kernel.js';

interface VariationalAttributes {
  priorSigma: number;
  clamp: number;
}

/** Elements behind one partial sum, as in `assembly/variational.ts`. */
const CHUNK = 512;

/** mu, rho -> variance, kl (scalar), slope = d sigma / d rho */
export const GaussianVariational: SimdKernel<VariationalAttributes> = {
  name: 'GaussianVariational',
  run({ mu, rho }, backend, { priorSigma, clamp }) {
    const n = size(mu);
    const variance = backend.output(mu.shape);
    const kl = backend.output([]);
    const slope = backend.output(mu.shape);
    const partials = backend.allocate(8 * Math.ceil(n / CHUNK));
    const inputs = [backend.address(mu), backend.address(rho), floatWord(priorSigma), floatWord(clamp)];
    const outputs = [backend.address(variance), backend.address(slope), partials];
    backend.dispatch(Op.GaussianVariational, [
      n,
      ...inputs,
      ...outputs,
      floatWord(0.5 - Math.log(priorSigma)),
    ]);
    backend.dispatch(Op.GaussianVariationalSum, [n, partials, backend.address(kl)]);
    backend.release(partials);
    return [variance, kl, slope];
  },
};

/** dVariance, dKl (scalar), mu, rho, slope, variance -> dMu, dRho */
export const GaussianVariationalGrad: SimdKernel<VariationalAttributes> = {
  name: 'GaussianVariationalGrad',
  run({ dVariance, dKl, mu, rho, slope, variance }, backend, { priorSigma, clamp }) {
    const dMu = backend.output(mu.shape);
    const dRho = backend.output(mu.shape);
    const inputs = [mu, rho, slope, dVariance, dKl].map((info) => backend.address(info));
    const constants = [floatWord(priorSigma), floatWord(clamp)];
    const outputs = [dMu, dRho, variance].map((info) => backend.address(info));
    const words = [size(mu), ...inputs, ...constants, ...outputs];
    backend.dispatch(Op.GaussianVariationalGrad, words);
    return [dMu, dRho];
  },
};
