/** Side of a block. */
export const BLOCK = 8;

/** [u, x] c(u) / 2 cos((2 x + 1) u pi / 16), c(0) = 1 / sqrt(2), else 1: an orthogonal matrix. */
const BASIS = Float64Array.from({ length: BLOCK * BLOCK }, (_, i) => {
  const [u, x] = [Math.floor(i / BLOCK), i % BLOCK];
  return (Math.cos(((2 * x + 1) * u * Math.PI) / (2 * BLOCK)) * (u === 0 ? Math.SQRT1_2 : 1)) / 2;
});
const BACK = BASIS.map((_, i) => BASIS[(i % BLOCK) * BLOCK + Math.floor(i / BLOCK)]);

/** The cosine transform of a block, row-major (ITU-T T.81, A.3.3). */
export const cosines = (block: Float64Array): Float64Array => turned(turned(block, BASIS), BASIS);

/** The block of a cosine transform. */
export const fromCosines = (coefficients: Float64Array): Float64Array =>
  turned(turned(coefficients, BACK), BACK);

/** The transpose of basis * block: twice is basis * block * transposed basis. */
function turned(block: Float64Array, basis: Float64Array): Float64Array {
  const out = new Float64Array(BLOCK * BLOCK);
  for (let u = 0; u < BLOCK; u++)
    for (let column = 0; column < BLOCK; column++) {
      let sum = 0;
      for (let x = 0; x < BLOCK; x++) sum += basis[u * BLOCK + x] * block[x * BLOCK + column];
      out[column * BLOCK + u] = sum;
    }
  return out;
}
