import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tf } from '../../src/backends/tfjs.js';
import { GaussianPosterior, GaussianPrior, ScaleMixturePrior } from '../../src/models/index.js';
import { gaussianVariational } from '../../src/ops/index.js';
import { softplus } from '../../src/ops/softplus.js';
import { enginesWithWebgpu, useEngine } from './engines.js';
import {
  absent,
  expectClose,
  expectGolden,
  expectGoldenScalar,
  type GoldenScalar,
  goldens,
  Lcg,
  plain,
  scalarTolerance,
} from './goldens.js';

for (const engine of await enginesWithWebgpu()) {
  describe.skipIf(goldens === null)(`distributions equal PyTorch on ${engine}${absent}`, () => {
    beforeAll(() => useEngine(engine));
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    for (const golden of goldens?.priors.scale_mixture ?? []) {
      it(`scale mixture pi ${golden.pi}, sigmas ${golden.sigma1}, ${golden.sigma2}`, () => {
        const prior = new ScaleMixturePrior(golden.pi, golden.sigma1, golden.sigma2);
        const { value, grad } = tf.valueAndGrad((w) => prior.logProb(w))(plain(golden.w));
        const wanted: GoldenScalar = { f32: golden.log_prob.f32, f64: golden.log_prob_stable_f64 };
        if (!Number.isFinite(wanted.f32)) wanted.f32 = wanted.f64;
        expectGoldenScalar('log_prob', value, wanted);
        if (golden.grad_w.data.every(Number.isFinite)) expectGolden('grad_w', grad, golden.grad_w);
        else expect([...grad.dataSync()].every(Number.isFinite)).toBe(true);
      });
    }

    it('stays finite where the linear mixture underflows', () => {
      const golden = goldens.priors.scale_mixture_underflow;
      const prior = new ScaleMixturePrior(golden.pi, golden.sigma1, golden.sigma2);
      const got = prior.logProb(plain(golden.w)).dataSync()[0];
      expectClose(
        'log_prob',
        [got],
        [golden.stable_f64],
        scalarTolerance({ f32: golden.stable_f64, f64: golden.stable_f64 }),
      );
    });

    for (const golden of goldens?.priors.gaussian ?? []) {
      it(`Gaussian prior sigma ${golden.sigma}`, () => {
        const prior = new GaussianPrior(golden.sigma);
        const { value, grad } = tf.valueAndGrad((w) => prior.logProb(w))(plain(golden.w));
        expectGoldenScalar('log_prob', value, golden.log_prob);
        expectGolden('grad_w', grad, golden.grad_w);
      });
    }

    it('the mixture at pi = 1 is the Gaussian prior on 2,500 draws', () => {
      const golden = goldens.priors.equality_2500;
      const w = plain(new Lcg(2500).normal([2500]));
      expectGolden('draws', tf.slice(w, 0, 8), golden.first8);
      const mixture = new ScaleMixturePrior(1, golden.sigma1, 0.3).logProb(w);
      const gaussian = new GaussianPrior(golden.sigma1).logProb(w);
      expect(mixture.dataSync()[0]).toBe(gaussian.dataSync()[0]);
      expectGoldenScalar('gaussian', gaussian, golden.gaussian);
    });

    it('softplus and its slope from rho = -100 to 100', () => {
      const golden = goldens.posterior.softplus;
      const { value, grad } = tf.valueAndGrad((rho) => tf.sum(softplus(rho)))(plain(golden.rho));
      expect(value.size).toBe(1);
      expectGolden('softplus', softplus(plain(golden.rho)), golden.softplus);
      expectGolden('grad_rho', grad, golden.grad_rho);
    });

    it('posterior log density and its gradients', () => {
      const golden = goldens.posterior.gaussian_log_prob;
      const f = (w: tf.Tensor, mu: tf.Tensor, rho: tf.Tensor) => new GaussianPosterior(mu, rho).logProb(w);
      const { value, grads } = tf.valueAndGrads(f)([plain(golden.w), plain(golden.mu), plain(golden.rho)]);
      expectGoldenScalar('log_prob', value, golden.log_prob);
      for (const [i, name] of ['grad_w', 'grad_mu', 'grad_rho'].entries())
        expectGolden(name, grads[i], golden[name]);
    });

    it("the notebook's log density at the mean", () => {
      const golden = goldens.posterior.gaussian_log_prob_at_mu;
      const f = (mu: tf.Tensor, rho: tf.Tensor) => new GaussianPosterior(mu, rho).logProb(mu);
      const { value, grads } = tf.valueAndGrads(f)([plain(golden.mu), plain(golden.rho)]);
      expectGoldenScalar('log_prob', value, golden.log_prob_at_mu);
      for (const [i, name] of ['grad_mu', 'grad_rho'].entries()) expectGolden(name, grads[i], golden[name]);
    });

    it('a reparameterised draw', () => {
      const golden = goldens.posterior.rsample;
      const posterior = new GaussianPosterior(plain(golden.mu), plain(golden.rho));
      expectGolden('w', posterior.rsample(plain(golden.epsilon)), golden.w);
    });

    for (const golden of goldens?.posterior.kl_closed_form ?? []) {
      it(`closed-form KL against prior sigma ${golden.prior_sigma}`, () => {
        const f = (mu: tf.Tensor, rho: tf.Tensor) =>
          gaussianVariational(mu, rho, { priorSigma: golden.prior_sigma, clamp: 0 }).kl;
        const { value, grads } = tf.valueAndGrads(f)([plain(golden.mu), plain(golden.rho)]);
        expectGoldenScalar('kl', value, golden.kl);
        expectGolden('grad_mu', grads[0], golden.grad_mu);
        expectGolden('grad_rho', grads[1], golden.grad_rho);
      });
    }
  });
}
