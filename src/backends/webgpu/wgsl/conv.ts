/** The parameters of a convolution, as every program of it has them. */
export const CONV_PARAMS = {
  height: 'u32',
  width: 'u32',
  channels: 'u32',
  kernelHeight: 'u32',
  kernelWidth: 'u32',
  stride: 'u32',
  padding: 'u32',
  dilation: 'u32',
  relu: 'u32',
  pool: 'u32',
  convHeight: 'u32',
  convWidth: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  outputs: 'u32',
  clamp: 'f32',
} as const;

/** Where tap (ky, kx) at a position of the convolution's output lies in the image; false outside it. */
export const CONV_CELL = `
fn input_cell(y: u32, x: u32, ky: u32, kx: u32) -> vec2i {
  return vec2i(vec2u(y, x) * p.stride + vec2u(ky, kx) * p.dilation) - i32(p.padding);
}
fn inside(cell: vec2i) -> bool {
  return all(cell >= vec2i(0)) && cell.x < i32(p.height) && cell.y < i32(p.width);
}`;

/** x^2 from below by the clamp, and its slope: nothing passes where the clamp is active. */
export const CLAMPED_SQUARE = `
fn clamped_square(x: f32) -> f32 { return max(x * x, p.clamp); }
fn clamped_square_slope(x: f32) -> f32 { return select(0.0, 2.0 * x, x * x >= p.clamp); }`;
