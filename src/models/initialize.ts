import { Stream, streamKey } from '../rng.js';

/** PyTorch's default bound of nn.Conv2d and nn.Linear, for weights and biases alike: 1 / sqrt(fan_in). */
export function defaultBound(fanIn: number): number {
  return 1 / Math.sqrt(fanIn);
}

/** The stream that a parameter's first values come from. */
function initStream(seed: number, name: string): Stream {
  return new Stream(streamKey(seed, `init/${name}`));
}

/** `size` draws of U(low, high) for the named parameter, in PyTorch's order. */
export function uniformInit(
  size: number,
  seed: number,
  name: string,
  low: number,
  high: number,
): Float32Array {
  const stream = initStream(seed, name);
  const values = new Float32Array(size);
  // A loop: with `Float32Array.from`, and with a function for each draw, it takes three times as long.
  for (let i = 0; i < size; i++) values[i] = low + (high - low) * stream.uniform();
  return values;
}

/** `size` draws of N(mean, std^2) for the named parameter, in PyTorch's order. */
export function normalInit(size: number, seed: number, name: string, std: number, mean = 0): Float32Array {
  const stream = initStream(seed, name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = mean + std * stream.normal();
  return values;
}

/** softplus(rho) = log(1 + exp(rho)); beyond 20 the identity, as PyTorch's. */
export function sigmaOf(rho: number): number {
  return rho > 20 ? rho : Math.log1p(Math.exp(rho));
}

/** The rho whose softplus is sigma: log(exp(sigma) - 1). */
export function rhoOf(sigma: number): number {
  // exp(sigma) overflows far above where softplus is the identity anyway.
  return sigma > 20 ? sigma : Math.log(Math.expm1(sigma));
}
