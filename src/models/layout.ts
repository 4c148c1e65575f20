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
  const out = new Float32Array(values.length);
  eachPlace(layout, (torch, engine) => {
    out[torch] = values[engine];
  });
  return out;
}

/** Values in our order from values in PyTorch's. */
export function fromTorchOrder(layout: Layout, values: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  eachPlace(layout, (torch, engine) => {
    out[engine] = values[torch];
  });
  return out;
}

/** Visits every element's place in both orders. */
function eachPlace(layout: Layout, visit: (torch: number, engine: number) => void): void {
  if (layout.kind === 'vector') {
    for (let i = 0; i < layout.size; i++) visit(i, i);
    return;
  }
  const cells = layout.kind === 'conv' ? layout.height * layout.width : 1;
  const rows = layout.inputs * cells;
  for (let output = 0; output < layout.outputs; output++) {
    for (let row = 0; row < rows; row++) {
      visit(output * rows + row, engineRow(layout, cells, row) * layout.outputs + output);
    }
  }
}

/** Our row of a filter or kernel for PyTorch's place within one output. */
function engineRow(layout: Exclude<Layout, { kind: 'vector' }>, cells: number, row: number): number {
  if (layout.kind === 'conv') return (row % cells) * layout.inputs + Math.floor(row / cells);
  if (layout.spatial === undefined) return row;
  const { height, width, channels } = layout.spatial;
  return (row % (height * width)) * channels + Math.floor(row / (height * width));
}
