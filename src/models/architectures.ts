import { BayescnnError } from '../errors.js';

/** A layer with weights, in the order of the forward pass. */
export interface LayerInfo {
  readonly name: string;
  readonly kind: 'conv' | 'dense';
}

/** The layers of every architecture. Plain data, so that a config can be checked without an engine. */
export const LAYERS = {
  lenet: [
    { name: 'conv1', kind: 'conv' },
    { name: 'conv2', kind: 'conv' },
    { name: 'fc1', kind: 'dense' },
    { name: 'fc2', kind: 'dense' },
    { name: 'fc3', kind: 'dense' },
  ],
} as const satisfies Record<string, readonly LayerInfo[]>;

export type Architecture = keyof typeof LAYERS;

/** Which layers carry a posterior: a group of them, or their names. */
export type BayesianPart = 'none' | 'conv' | 'all' | 'last' | readonly string[];

/** Names of `part` that are no layers of the architecture. */
export function unknownLayers(architecture: Architecture, part: BayesianPart): string[] {
  const names = layerNames(architecture);
  return typeof part === 'string' ? [] : part.filter((name) => !names.includes(name));
}

/** The names of an architecture's layers. */
export function layerNames(architecture: Architecture): string[] {
  return LAYERS[architecture].map(({ name }) => name);
}

/**
 * The layers with a posterior, in the network's order.
 * @throws BayescnnError 'config' for a name that is no layer, listing the layers
 */
export function bayesianLayers(architecture: Architecture, part: BayesianPart): string[] {
  const layers: readonly LayerInfo[] = LAYERS[architecture];
  const unknown = unknownLayers(architecture, part);
  if (unknown.length > 0) {
    throw new BayescnnError(
      'config',
      `model.bayesian: layers of ${architecture} wanted, got ${unknown.join(', ')}`,
      { hint: `its layers are ${layerNames(architecture).join(', ')}` },
    );
  }
  return layers.filter((layer, i) => chosen(part, layer, i === layers.length - 1)).map(({ name }) => name);
}

function chosen(part: BayesianPart, { name, kind }: LayerInfo, last: boolean): boolean {
  if (typeof part !== 'string') return part.includes(name);
  return part === 'all' || (part === 'conv' && kind === 'conv') || (part === 'last' && last);
}
