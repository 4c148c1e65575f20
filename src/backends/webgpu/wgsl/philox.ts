/**
 * Philox4x32-7 as in src/ops/noise.ts, with the same words. WGSL has no high half of a product: it is put together from
 * 16-bit halves.
 */
export const PHILOX = `
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle1 = a1 * b0 + ((a0 * b0) >> 16u);
  let middle2 = a0 * b1 + (middle1 & 0xffffu);
  return a1 * b1 + (middle1 >> 16u) + (middle2 >> 16u);
}
fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0; round < 7; round++) {
    let high0 = multiply_high(0xd2511f53u, c.x);
    let high1 = multiply_high(0xcd9e8d57u, c.z);
    c = vec4u(high1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k = k + vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`;
