import { convolve } from './conv-forward';
import { G_OUT_CHANNELS, G_WINOGRAD } from './geometry';
import { transformFilter, winograd, winogradFilterBytes } from './winograd';

/** Makes a filter ready for `convolveImage` at `to`; returns the end of it, which is `to` where the convolution is direct. */
export function prepareFilter(g: usize, filter: usize, to: usize): usize {
  if (load<i32>(g, G_WINOGRAD) == 0) return to;
  transformFilter(g, filter, to);
  return to + winogradFilterBytes(g);
}

/** One zero-padded image's convolution, before ReLU and pool. @param room scratch behind the prepared filters */
export function convolveImage(g: usize, x: usize, filter: usize, prepared: usize, bias: usize, to: usize, room: usize): void {
  if (load<i32>(g, G_WINOGRAD)) winograd(g, x, prepared, bias, to, room);
  else convolve(g, x, filter, bias, load<i32>(g, G_OUT_CHANNELS), to);
}
