import { describe, expect, it } from 'vitest';
import {
  engineShape,
  fromTorchOrder,
  type Layout,
  torchShape,
  toTorchOrder,
} from '../../../src/models/layout.js';

function count(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => i);
}

const size = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

describe('layouts', () => {
  it('a filter is HWIO here and OIHW in PyTorch', () => {
    const layout: Layout = { kind: 'conv', outputs: 4, inputs: 3, height: 2, width: 5 };
    const ours = fromTorchOrder(layout, count(120));
    const [o, i, h, w] = [3, 1, 1, 4];
    expect(ours[((h * 5 + w) * 3 + i) * 4 + o]).toBe(((o * 3 + i) * 2 + h) * 5 + w);
    expect([torchShape(layout), engineShape(layout)]).toEqual([
      [4, 3, 2, 5],
      [2, 5, 3, 4],
    ]);
  });

  it('a kernel behind an image reorders its inputs from CHW to HWC', () => {
    const spatial = { height: 2, width: 3, channels: 4 };
    const layout: Layout = { kind: 'dense', outputs: 5, inputs: 24, spatial };
    const ours = fromTorchOrder(layout, count(120));
    const [o, c, h, w] = [2, 3, 1, 2];
    expect(ours[((h * 3 + w) * 4 + c) * 5 + o]).toBe(o * 24 + (c * 2 + h) * 3 + w);
  });

  it.each<Layout>([
    { kind: 'vector', size: 7 },
    { kind: 'conv', outputs: 4, inputs: 3, height: 2, width: 5 },
    { kind: 'dense', outputs: 5, inputs: 6 },
    { kind: 'dense', outputs: 5, inputs: 24, spatial: { height: 2, width: 3, channels: 4 } },
  ])('there and back is the identity: %o', (layout) => {
    const values = count(size(torchShape(layout)));
    expect(toTorchOrder(layout, fromTorchOrder(layout, values))).toEqual(values);
    const ours = fromTorchOrder(layout, values);
    expect([...ours].sort((a, b) => a - b)).toEqual([...values]);
  });
});
