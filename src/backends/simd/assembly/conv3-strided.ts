import { addOuter, multiplyRows } from './blocks';
import { address, arg, clear, copy, roomy, shareStart } from './common';

/*
 * 3x3 convolutions with stride 2 and padding 1, direct: rows of four outputs by eight channels. The input's height is even,
 * its width a multiple of 8; it has 16 or 32 channels, the output 16, 32 or 64. With even sizes only the upper and the left side need padding.
 */

/** Copies an image [H][W] of `pixel` bytes to the lower right of a [H + 1][W + 1] one; the rest is zero already. */
function place(image: usize, height: i32, width: i32, pixel: usize, to: usize, down: usize): void {
  const row = <usize>width * pixel;
  to += down;
  for (let y = 0; y < height; y++) {
    copy(to, image, row);
    image += row;
    to += row + pixel;
  }
}

// @ts-ignore: decorator
@inline
function placeBytes(height: i32, width: i32, pixel: usize): usize {
  return <usize>((height + 1) * (width + 1)) * pixel;
}

// @ts-ignore: decorator
@inline
function setRun(table: usize, run: i32, a: usize, b: usize): void {
  store<u32>(table + (<usize>run << 3), <u32>a);
  store<u32>(table + (<usize>run << 3), <u32>b, 4);
}

/** Op.Conv3StridedForward: H, W, C, O, images, x, filter, y. */
export function conv3StridedForward(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const height = arg(args, 0);
  const width = arg(args, 1);
  const pixel = <usize>arg(args, 2) << 2;
  const outPixel = <usize>arg(args, 3) << 2;
  const images = arg(args, 4);
  const filter = address(args, 6);
  const row = <usize>(width + 1) * pixel;
  const padded = scratch + 64;
  clear(padded, placeBytes(height, width, pixel));
  for (let ky = 0; ky < 3; ky++) setRun(scratch, ky, <usize>ky * row, <usize>ky * 3 * <usize>arg(args, 2) * outPixel);
  const outWidth = width >> 1;
  const outRow = <usize>outWidth * outPixel;
  const end = shareStart(images, tid + 1, threads);
  for (let b = shareStart(images, tid, threads); b < end; b++) {
    place(address(args, 5) + <usize>b * <usize>(height * width) * pixel, height, width, pixel, padded, row + pixel);
    const y = address(args, 7) + <usize>b * <usize>(height >> 1) * outRow;
    for (let o: usize = 0; o < outPixel; o += 32) {
      for (let oy: usize = 0; oy < <usize>(height >> 1); oy++) {
        multiplyRows(2 * pixel, padded + 2 * oy * row, outWidth, filter + o, outPixel, 3 * pixel, scratch, 3, y + oy * outRow + o, outPixel, 32);
      }
    }
  }
}

/** The filter's taps transposed: [3][3][O][C]. */
function transposeTaps(filter: usize, channels: i32, outputs: i32, to: usize): void {
  const column = <usize>channels << 2;
  for (let tap = 0; tap < 9; tap++) {
    for (let c: usize = 0; c < <usize>channels; c++) {
      let at = to + (c << 2);
      for (let o = 0; o < outputs; o++) {
        store<f32>(at, load<f32>(filter));
        filter += 4;
        at += column;
      }
    }
    to += column * <usize>outputs;
  }
}

/**
 * Op.Conv3StridedGradInput: H, W, C, O, images, filter, dy, dx. An input cell of an even row has the filter's middle row
 * above one output row; one of an odd row has the first row below the next output row, and the last row below this one.
 * The columns likewise.
 */
export function conv3StridedGradInput(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const outHeight = arg(args, 0) >> 1;
  const outWidth = arg(args, 1) >> 1;
  const outPixel = <usize>arg(args, 3) << 2;
  const images = arg(args, 4);
  const first = shareStart(images, tid, threads);
  const last = shareStart(images, tid + 1, threads);
  if (first == last) return;
  const padded = scratch + 64;
  const taps = padded + roomy(placeBytes(outHeight, outWidth, outPixel));
  clear(padded, placeBytes(outHeight, outWidth, outPixel));
  transposeTaps(address(args, 5), arg(args, 2), arg(args, 3), taps);
  const dyBytes = <usize>(outHeight * outWidth) * outPixel;
  const dxBytes = <usize>(arg(args, 0) * arg(args, 1) * arg(args, 2)) << 2;
  for (let b = first; b < last; b++) {
    place(address(args, 6) + <usize>b * dyBytes, outHeight, outWidth, outPixel, padded, 0);
    for (let parity = 0; parity < 4; parity++) gradParity(args, parity, scratch, padded, taps, address(args, 7) + <usize>b * dxBytes);
  }
}

/** The cells of odd or even rows (bit 1 of `parity`) and columns (bit 0). */
function gradParity(args: usize, parity: i32, table: usize, padded: usize, taps: usize, dx: usize): void {
  const width = arg(args, 1);
  const pixel = <usize>arg(args, 2) << 2;
  const outPixel = <usize>arg(args, 3) << 2;
  const outHeight = arg(args, 0) >> 1;
  const outWidth = width >> 1;
  const row = <usize>(outWidth + 1) * outPixel;
  const tap = <usize>arg(args, 3) * pixel;
  const oddRow = parity >> 1;
  const oddColumn = parity & 1;
  let runs = 0;
  for (let ky = 1 - oddRow; ky < 3; ky += 2) {
    for (let kx = 1 - oddColumn; kx < 3; kx += 2) {
      const down: usize = ky == 0 ? row : 0;
      const right: usize = kx == 0 ? outPixel : 0;
      setRun(table, runs++, down + right, <usize>(3 * ky + kx) * tap);
    }
  }
  const corner = dx + <usize>(oddRow * width + oddColumn) * pixel;
  for (let c: usize = 0; c < pixel; c += 32) {
    for (let y: usize = 0; y < <usize>outHeight; y++) {
      multiplyRows(outPixel, padded + y * row, outWidth, taps + c, pixel, outPixel, table, runs, corner + 2 * y * <usize>width * pixel + c, 2 * pixel, 32);
    }
  }
}

/** Op.Conv3StridedGradFilter: H, W, C, O, images, groups, groupSize, x, dy, partials; as `conv3GradFilter`. */
export function conv3StridedGradFilter(args: usize, tid: i32, threads: i32, scratch: usize): void {
  const height = arg(args, 0);
  const width = arg(args, 1);
  const channels = arg(args, 2);
  const pixel = <usize>channels << 2;
  const outPixel = <usize>arg(args, 3) << 2;
  const groups = arg(args, 5);
  const groupSize = arg(args, 6);
  const outWidth = width >> 1;
  const row = <usize>(width + 1) * pixel;
  const outRow = <usize>outWidth * outPixel;
  const tap = <usize>channels * outPixel;
  clear(scratch, placeBytes(height, width, pixel));
  const end = shareStart(groups, tid + 1, threads);
  for (let group = shareStart(groups, tid, threads); group < end; group++) {
    const sums = address(args, 9) + <usize>group * 9 * tap;
    clear(sums, 9 * tap);
    const last = min<i32>((group + 1) * groupSize, arg(args, 4));
    for (let b = group * groupSize; b < last; b++) {
      place(address(args, 7) + <usize>b * <usize>(height * width) * pixel, height, width, pixel, scratch, row + pixel);
      const dy = address(args, 8) + <usize>b * <usize>(height >> 1) * outRow;
      for (let k: usize = 0; k < 9; k++) {
        addOuter(scratch + (k / 3) * row + (k % 3) * pixel, 2 * pixel, dy, outPixel, outWidth, height >> 1, 2 * row, outRow, sums + k * tap, outPixel, channels, outPixel);
      }
    }
  }
}
