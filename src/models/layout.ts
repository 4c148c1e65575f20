/** How a parameter lies here and in PyTorch; shapes are always PyTorch's. */
export type Layout =
  | { readonly kind: 'vector'; readonly size: number }
  /** Here [height, width, in, out], in PyTorch [out, in, height, width]. */
  | {
      readonly kind: 'conv';
      readonly outputs: number;
      readonly inputs: number;
      readonly height: number;
      readonly width: number;
    }
  /**
   * Here [in, out], in PyTorch [out, in]. `spatial`: the inputs are a flattened image,
   * height-width-channel here, channel-height-width in PyTorch.
   */
  | {
      readonly kind: 'dense';
      readonly outputs: number;
      readonly inputs: number;
      readonly spatial?: Spatial | undefined;
    };

/** The image that a dense layer's inputs come from. */
export interface Spatial {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The parameter's shape in PyTorch. */
export function torchShape(layout: Layout): number[] {
  if (layout.kind === 'vector') return [layout.size];
  if (layout.kind === 'dense') return [layout.outputs, layout.inputs];
  return [layout.outputs, layout.inputs, layout.height, layout.width];
}

/** The parameter's shape here. */
export function engineShape(layout: Layout): number[] {
  if (layout.kind === 'vector') return [layout.size];
  if (layout.kind === 'dense') return [layout.inputs, layout.outputs];
  return [layout.height, layout.width, layout.inputs, layout.outputs];
}

/** Values in PyTorch's order from values in ours. */
export function toTorchOrder(layout: Layout, values: Float32Array): Float32Array {
  if (layout.kind === 'vector') return new Float32Array(values);
  const { outputs } = layout;
  const rows = engineRows(layout);
  const out = new Float32Array(values.length);
  for (let output = 0, at = 0; output < outputs; output++)
    for (let row = 0; row < rows.length; row++) out[at++] = values[rows[row] * outputs + output];
  return out;
}

/** Values in our order from values in PyTorch's. */
export function fromTorchOrder(layout: Layout, values: Float32Array): Float32Array {
  if (layout.kind === 'vector') return new Float32Array(values);
  const { outputs } = layout;
  const rows = engineRows(layout);
  const out = new Float32Array(values.length);
  for (let output = 0, at = 0; output < outputs; output++)
    for (let row = 0; row < rows.length; row++) out[rows[row] * outputs + output] = values[at++];
  return out;
}

/** Our row of a filter or kernel for each of PyTorch's places within one output. */
function engineRows(layout: Exclude<Layout, { kind: 'vector' }>): Int32Array {
  const cells = layout.kind === 'conv' ? layout.height * layout.width : 1;
  const rows = new Int32Array(layout.inputs * cells);
  for (let row = 0; row < rows.length; row++) rows[row] = engineRow(layout, cells, row);
  return rows;
}

/** Our row of a filter or kernel for PyTorch's place within one output. */
function engineRow(layout: Exclude<Layout, { kind: 'vector' }>, cells: number, row: number): number {
  if (layout.kind === 'conv') return (row % cells) * layout.inputs + Math.floor(row / cells);
  if (layout.spatial === undefined) return row;
  const { height, width, channels } = layout.spatial;
  return (row % (height * width)) * channels + Math.floor(row / (height * width));
}
