import { BayescnnError } from '../errors.js';
import { rhoOf } from './initialize.js';
import type { TorchTensor } from './named-variable.js';
import type { TorchRecord } from './torch-record.js';

const MEAN = '_mu';
const RHO = '_rho';
/** The least sigma of a converted weight: its rho must be finite where the weight is zero. */
const LEAST_SIGMA = 1e-8;

/** The plain network of a Bayesian one's posterior means: `<name>_mu` becomes `<name>`, `<name>_rho` goes. */
export function meansOf(record: TorchRecord): TorchRecord {
  const kept = Object.entries(record).filter(([name]) => !name.endsWith(RHO));
  return Object.fromEntries(
    kept.map(([name, tensor]) => [name.endsWith(MEAN) ? name.slice(0, -MEAN.length) : name, tensor]),
  );
}

/**
 * A Bayesian network that starts from a plain one (MOPED: Krishnan, Subedar and Tickoo, AAAI 2020, section 3):
 * mu = w and sigma = delta |w|, at least 1e-8. Layers without a posterior keep the plain weights.
 * @param plain a plain network's weights
 * @param names the Bayesian network's parameters, e.g. `conv1.weight_mu`
 * @throws BayescnnError 'data' when the plain network lacks a weight
 */
export function withPosterior(plain: TorchRecord, names: readonly string[], delta: number): TorchRecord {
  return Object.fromEntries(names.map((name) => [name, converted(plain, name, delta)]));
}

function converted(plain: TorchRecord, name: string, delta: number): TorchTensor {
  if (name.endsWith(MEAN)) return weightOf(plain, name.slice(0, -MEAN.length));
  if (!name.endsWith(RHO)) return weightOf(plain, name);
  const { shape, data } = weightOf(plain, name.slice(0, -RHO.length));
  return { shape, data: data.map((w) => rhoOf(Math.max(LEAST_SIGMA, delta * Math.abs(w)))) };
}

function weightOf(plain: TorchRecord, name: string): TorchTensor {
  if (Object.hasOwn(plain, name)) return plain[name];
  throw new BayescnnError(
    'data',
    `conversion: a network with ${name} wanted, got ${Object.keys(plain).join(', ')}`,
    {
      hint: 'start from a run of the same model.architecture',
    },
  );
}
