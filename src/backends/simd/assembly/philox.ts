/**
 * Rounds of Philox4x32 for noise: the fewest that pass all of TestU01's BigCrush (Salmon et al. 2011, table 2).
 * As in src/ops/noise.ts.
 */
export const ROUNDS: i32 = 7;

/** Philox4x32 (Salmon et al. 2011) of one counter: four words at `to`. For draws too few for `normals16`. */
export function philoxWords(to: usize, c0: i32, c1: i32, c2: i32, c3: i32, key0: i32, key1: i32): void {
  for (let round = 0; round < ROUNDS; round++) {
    const a = <u64>(<u32>c0) * <u64>0xd2511f53;
    const b = <u64>(<u32>c2) * <u64>0xcd9e8d57;
    c0 = <i32>(b >> 32) ^ c1 ^ key0;
    c2 = <i32>(a >> 32) ^ c3 ^ key1;
    c1 = <i32>b;
    c3 = <i32>a;
    key0 += 0x9e3779b9;
    key1 += 0xbb67ae85;
  }
  store<i32>(to, c0);
  store<i32>(to, c1, 4);
  store<i32>(to, c2, 8);
  store<i32>(to, c3, 12);
}
