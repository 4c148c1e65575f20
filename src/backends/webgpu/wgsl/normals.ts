import { LOG } from './math.js';
import { PHILOX } from './philox.js';

/**
 * Box and Muller on a block of Philox, as in src/ops/noise.ts: the first word of a pair is u = (k + 1/2) / 2^23 with its high 23
 * bits k, the second the angle, whose top bit is a sign. The polynomials for angles from -pi/2 to pi/2 are those of `simd`.
 */
export const NORMALS = `
${PHILOX}
${LOG}
fn polar(words: vec2u) -> vec2f {
  let radius = sqrt(-2.0 * log_((f32(words.x >> 9u) + 0.5) * 1.1920929e-7));
  let x = f32(bitcast<i32>(words.y << 1u)) * 7.3145904e-10;
  let z = x * x;
  var c = 2.3194386e-5 * z - 1.3855927e-3;
  c = c * z + 4.1663989e-2;
  c = c * z - 4.9999932e-1;
  var s = 2.6000548e-6 * z - 1.9806615e-4;
  s = s * z + 8.3330173e-3;
  s = s * z - 1.6666657e-1;
  let turned = select(radius, -radius, (words.y >> 31u) == 1u);
  return vec2f(turned * (c * z + 1.0), turned * x * (s * z + 1.0));
}
fn normals(counter: vec4u, key: vec2u) -> vec4f {
  let words = philox(counter, key);
  return vec4f(polar(words.xy), polar(words.zw));
}`;
