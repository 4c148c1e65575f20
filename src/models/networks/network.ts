import type { ConvShape, DenseShape } from '../layers/shapes.js';

/** Batch normalisation behind a convolution, then a shortcut's sum where there is one, and ReLU. */
export interface NormShape {
  /** The layer's name. */
  readonly name: string;
  /** The convolution whose input is added: that of the residual block's first. */
  readonly shortcut?: string;
}

/** A convolution with what follows it. */
export interface ConvBlock extends ConvShape {
  readonly norm?: NormShape;
}

/**
 * A network as plain data: convolution blocks (each with its normalisation, ReLU and pool) one after another, then dense
 * layers on the flattened maps, or on their means. Keys are the layers' names, in the order of the forward pass.
 */
export interface Network {
  readonly convs: Readonly<Record<string, ConvBlock>>;
  /** Each map is averaged before the dense layers; default false. */
  readonly averagePool?: boolean;
  readonly denses: Readonly<Record<string, DenseShape>>;
}

/** Non-linearities between layers. */
export const ACTIVATIONS = ['relu', 'softplus'] as const;
export type ActivationName = (typeof ACTIVATIONS)[number];

/** The network with another non-linearity behind each layer that has ReLU; batch normalisation keeps its own. */
export function withActivation(network: Network, activation: ActivationName): Network {
  if (activation === 'relu') return network;
  const changed = <S extends ConvBlock | DenseShape>(shapes: Readonly<Record<string, S>>) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        shape.relu ? { ...shape, relu: false, softplus: true } : shape,
      ]),
    ) as Record<string, S>;
  return { ...network, convs: changed(network.convs), denses: changed(network.denses) };
}
