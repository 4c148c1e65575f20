/** log sqrt(2 pi) */
export const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** A density over weights; the same data as `Density` of src/ops, which lies above this layer. */
export type KernelDensity =
  | { kind: 'gaussian'; sigma: number }
  | { kind: 'scale-mixture'; pi: number; sigma1: number; sigma2: number }
  | { kind: 'laplace'; scale: number };

/**
 * The four constants by which kernels know a density; log sqrt(2 pi) of log q is in the first. Laplace: log p = a - b |w|.
 * Else log p = a - b w^2 + softplus(c - d w^2), anchored at the wider component.
 */
export function densityConstants(density: KernelDensity): {
  laplace: boolean;
  constants: [number, number, number, number];
} {
  if (density.kind === 'laplace') {
    const { scale } = density;
    return { laplace: true, constants: [LOG_ROOT_TWO_PI - Math.log(2 * scale), 1 / scale, 0, 0] };
  }
  // A single Gaussian is a mixture whose second component weighs nothing.
  const { pi, sigma1, sigma2 } = density.kind === 'gaussian' ? single(density.sigma) : density;
  const first = { weight: Math.log(pi), sigma: sigma1 };
  const second = { weight: pi === 1 ? -1e30 : Math.log1p(-pi), sigma: sigma2 };
  const [wide, narrow] = sigma1 >= sigma2 ? [first, second] : [second, first];
  const level = wide.weight - Math.log(wide.sigma);
  const half = 1 / (2 * wide.sigma ** 2);
  const excess = [narrow.weight - Math.log(narrow.sigma) - level, 1 / (2 * narrow.sigma ** 2) - half];
  return { laplace: false, constants: [level, half, excess[0], excess[1]] };
}

function single(sigma: number): { pi: number; sigma1: number; sigma2: number } {
  return { pi: 1, sigma1: sigma, sigma2: sigma };
}
