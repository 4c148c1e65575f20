import { BayescnnError } from '../errors.js';
import { alexnet } from './networks/alexnet.js';
import { lenet } from './networks/lenet.js';
import type { Network } from './networks/network.js';
import { resnet20 } from './networks/resnet20.js';
import { threeConvThreeFc, threeConvThreeFcPool3 } from './networks/three-conv-three-fc.js';
import { vgg } from './networks/vgg.js';

/** A layer with weights, in the order of the forward pass. */
export interface LayerInfo {
  readonly name: string;
  readonly kind: 'conv' | 'dense';
}

/**
 * Every architecture by its name in a config; adding one takes a file and a line here. Plain data, so that a config can be
 * checked without an engine.
 */
export const NETWORKS = {
  lenet,
  '3conv3fc': threeConvThreeFc,
  '3conv3fc-pool3': threeConvThreeFcPool3,
  alexnet,
  vgg,
  resnet20,
} as const satisfies Record<string, Network>;

export type Architecture = keyof typeof NETWORKS;

/** Names that a config may use. */
export const ARCHITECTURE_NAMES = Object.keys(NETWORKS) as Architecture[];

function layersOf(architecture: Architecture): LayerInfo[] {
  const { convs, denses }: Network = NETWORKS[architecture];
  return [
    ...Object.keys(convs).map((name): LayerInfo => ({ name, kind: 'conv' })),
    ...Object.keys(denses).map((name): LayerInfo => ({ name, kind: 'dense' })),
  ];
}

/** Which layers carry a posterior: a group of them, or their names. */
export type BayesianPart = 'none' | 'conv' | 'all' | 'last' | readonly string[];

/** Names of `part` that are no layers of the architecture. */
export function unknownLayers(architecture: Architecture, part: BayesianPart): string[] {
  const names = layerNames(architecture);
  return typeof part === 'string' ? [] : part.filter((name) => !names.includes(name));
}

/** Which layers' outputs are dropped: all but the logits, those of the dense layers alone, or a list. */
export type DroppedPart = 'all' | 'dense' | readonly string[];

/** The layers behind which a network may have dropout: all but the last, whose outputs are the logits. */
export function droppableLayers(architecture: Architecture): string[] {
  return layerNames(architecture).slice(0, -1);
}

/** The layers behind which a network has dropout, in its order. */
export function droppedLayers(architecture: Architecture, part: DroppedPart): string[] {
  const kinds = new Map(layersOf(architecture).map(({ name, kind }) => [name, kind]));
  const chosen = (name: string) =>
    typeof part === 'string' ? part === 'all' || kinds.get(name) === 'dense' : part.includes(name);
  return droppableLayers(architecture).filter(chosen);
}

/** Whether an architecture has batch normalisation, whose running statistics belong to one set of weights. */
export function isNormalised(architecture: Architecture): boolean {
  const { convs }: Network = NETWORKS[architecture];
  return Object.values(convs).some(({ norm }) => norm !== undefined);
}

/** The names of an architecture's layers. */
export function layerNames(architecture: Architecture): string[] {
  return layersOf(architecture).map(({ name }) => name);
}

/**
 * The layers with a posterior, in the network's order.
 * @throws BayescnnError 'config' for a name that is no layer, listing the layers
 */
export function bayesianLayers(architecture: Architecture, part: BayesianPart): string[] {
  const layers = layersOf(architecture);
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
