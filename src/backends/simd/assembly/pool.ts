import { storeLanes } from './common';
import { G_OUT_CHANNELS, G_OUT_WIDTH, G_POOL, G_RELU, G_Y_HEIGHT, G_Y_WIDTH, outputSize } from './geometry';

/**
 * ReLU and 2x2 max pooling of one image. `conv` is [OH][OW][O], `c` (0 without) has its shape and is carried
 * along from the chosen position. Writes y, the chosen place in each window (first maximum wins) and c.
 */
export function reluPool(g: usize, conv: usize, c: usize, y: usize, taps: usize, cOut: usize): void {
  const floor = load<i32>(g, G_RELU) ? f32x4.splat(0) : f32x4.splat(-Infinity);
  if (load<i32>(g, G_POOL) == 0) {
    const size = outputSize(g);
    for (let i = 0; i < size; i += 4) {
      const at = (<usize>i) << 2;
      const lanes = size - i;
      storeLanes(y + at, f32x4.pmax(v128.load(conv + at), floor), lanes);
      storeLanes(taps + at, i32x4.splat(0), lanes);
      if (c) storeLanes(cOut + at, v128.load(c + at), lanes);
    }
    return;
  }
  const channels = load<i32>(g, G_OUT_CHANNELS);
  const column = (<usize>channels) << 2;
  const row = column * <usize>load<i32>(g, G_OUT_WIDTH);
  const height = load<i32>(g, G_Y_HEIGHT);
  const width = load<i32>(g, G_Y_WIDTH);
  let to: usize = 0;
  for (let py = 0; py < height; py++) {
    let window = <usize>(2 * py) * row;
    for (let px = 0; px < width; px++) {
      for (let o = 0; o < channels; o += 4) {
        const at = window + ((<usize>o) << 2);
        const lanes = channels - o;
        let best = v128.load(conv + at);
        let tap = i32x4.splat(0);
        const v1 = v128.load(conv + at + column);
        const m1 = f32x4.gt(v1, best);
        best = v128.bitselect(v1, best, m1);
        tap = v128.bitselect(i32x4.splat(1), tap, m1);
        const v2 = v128.load(conv + at + row);
        const m2 = f32x4.gt(v2, best);
        best = v128.bitselect(v2, best, m2);
        tap = v128.bitselect(i32x4.splat(2), tap, m2);
        const v3 = v128.load(conv + at + row + column);
        const m3 = f32x4.gt(v3, best);
        best = v128.bitselect(v3, best, m3);
        tap = v128.bitselect(i32x4.splat(3), tap, m3);
        storeLanes(y + to, f32x4.pmax(best, floor), lanes);
        storeLanes(taps + to, tap, lanes);
        if (c) {
          let chosen = v128.load(c + at);
          chosen = v128.bitselect(v128.load(c + at + column), chosen, m1);
          chosen = v128.bitselect(v128.load(c + at + row), chosen, m2);
          chosen = v128.bitselect(v128.load(c + at + row + column), chosen, m3);
          storeLanes(cOut + to, chosen, lanes);
        }
        to += lanes < 4 ? (<usize>lanes) << 2 : 16;
      }
      window += 2 * column;
    }
  }
}
