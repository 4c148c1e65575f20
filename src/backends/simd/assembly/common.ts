/** Bytes of six channels, as the LeNet's second layer has them. */
export const SIX: usize = 24;

/** Reads 32-bit argument `i` of an instruction. */
// @ts-ignore: decorator
@inline
export function arg(args: usize, i: i32): i32 {
  return load<i32>(args + ((<usize>i) << 2));
}

/** Reads argument `i` of an instruction as an address. */
// @ts-ignore: decorator
@inline
export function address(args: usize, i: i32): usize {
  return <usize>load<u32>(args + ((<usize>i) << 2));
}

/** Reads argument `i` of an instruction as a float. */
// @ts-ignore: decorator
@inline
export function argF(args: usize, i: i32): f32 {
  return load<f32>(args + ((<usize>i) << 2));
}

/** acc + a * b: two roundings in the strict build, fused in the relaxed one. */
// @ts-ignore: decorator
@inline
export function madd(acc: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, acc);
  return f32x4.add(acc, f32x4.mul(a, b));
}

/** First item of thread `tid`'s contiguous share of `n`. */
// @ts-ignore: decorator
@inline
export function shareStart(n: i32, tid: i32, threads: i32): i32 {
  return <i32>((<i64>n * <i64>tid) / <i64>threads);
}

/** Stores the first `n` (1 to 4) lanes of `v`; never writes past them. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, v: v128, n: i32): void {
  if (n >= 4) {
    v128.store(to, v);
  } else if (n == 3) {
    v128.store64_lane(to, v, 0);
    v128.store32_lane(to + 8, v, 2);
  } else if (n == 2) {
    v128.store64_lane(to, v, 0);
  } else {
    v128.store32_lane(to, v, 0);
  }
}

/** Bytes of a [n] float32 row padded to whole vectors. */
// @ts-ignore: decorator
@inline
export function paddedBytes(n: i32): usize {
  return <usize>(((n + 3) >> 2) << 4);
}

/** The size of a scratch area: it starts on a vector boundary and leaves room for whole-vector reads past its end. */
// @ts-ignore: decorator
@inline
export function roomy(bytes: usize): usize {
  return (bytes + 127) & ~63;
}

/** Sets `bytes` (a multiple of 4) to zero. Not memory.fill: on shared memory that is a call out of the module. */
export function clear(to: usize, bytes: usize): void {
  const end = to + bytes;
  const zero = f32x4.splat(0);
  for (; to + 16 <= end; to += 16) v128.store(to, zero);
  for (; to < end; to += 4) store<i32>(to, 0);
}

/** Copies `bytes` (a multiple of 4); the areas do not overlap. */
export function copy(to: usize, from: usize, bytes: usize): void {
  const end = to + bytes;
  from -= to;
  for (; to + 16 <= end; to += 16) v128.store(to, v128.load(to + from));
  for (; to < end; to += 4) store<i32>(to, load<i32>(to + from));
}
