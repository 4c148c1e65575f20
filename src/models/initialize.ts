import { Stream, streamKey } from '../rng.js';

/** PyTorch's default bound of nn.Conv2d and nn.Linear, for weights and biases alike: 1 / sqrt(fan_in). */
export function defaultBound(fanIn: number): number {
  return 1 / Math.sqrt(fanIn);
}

/** The stream that a parameter's first values come from. */
function initStream(seed: number, name: string): Stream {
  return new Stream(streamKey(seed, `init/${name}`));
}

/** A loop: `Float32Array.from` takes three times as long. */
function drawn(size: number, draw: () => number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = draw();
  return values;
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
  return drawn(size, () => low + (high - low) * stream.uniform());
}

/** `size` draws of N(mean, std^2) for the named parameter, in PyTorch's order. */
export function normalInit(size: number, seed: number, name: string, std: number, mean = 0): Float32Array {
  const stream = initStream(seed, name);
  return drawn(size, () => mean + std * stream.normal());
}

/** The rho whose softplus is sigma: log(exp(sigma) - 1). */
export function rhoOf(sigma: number): number {
  // exp(sigma) overflows far above where softplus is the identity anyway.
  return sigma > 20 ? sigma : Math.log(Math.expm1(sigma));
}
