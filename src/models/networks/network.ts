import type { ConvShape, DenseShape } from '../layers/shapes.js';

/**
 * A network as plain data: convolution blocks (each with its ReLU and pool) one after another, then dense layers on the
 * flattened maps. Keys are the layers' names, in the order of the forward pass.
 */
export interface Network {
  readonly convs: Readonly<Record<string, ConvShape>>;
  readonly denses: Readonly<Record<string, DenseShape>>;
}
