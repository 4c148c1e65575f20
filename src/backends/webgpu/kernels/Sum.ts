import type { Operand, WebgpuBackend } from '../backend.js';
import { defineProgram } from '../program.js';

const WORKGROUP = 256;
/** Terms that one workgroup adds up at least. */
const SHARE = 4096;

/** A workgroup adds up one share: strided by thread, then as a tree, always in the same order. */
const SUM = defineProgram('Sum', {
  params: { n: 'u32', share: 'u32', scale: 'f32', offset: 'f32' },
  reads: { terms: 'f32' },
  writes: { total: 'f32' },
  main: `
var<workgroup> parts: array<f32, ${WORKGROUP}>;
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let end = min(p.n, (group.x + 1u) * p.share);
  var sum = 0.0;
  for (var i = group.x * p.share + thread; i < end; i += ${WORKGROUP}u) { sum += terms[i]; }
  parts[thread] = sum;
  workgroupBarrier();
  for (var half = ${WORKGROUP / 2}u; half > 0u; half /= 2u) {
    if (thread < half) { parts[thread] += parts[thread + half]; }
    workgroupBarrier();
  }
  if (thread == 0u) { total[group.x] = parts[0] * p.scale + p.offset; }
}`,
});

/** total = scale (sum of n terms) + offset, in float32 and in an order that n alone decides. */
export function sum(
  backend: WebgpuBackend,
  { terms, total }: { terms: Operand; total: Operand },
  n: number,
  scale = 1,
  offset = 0,
): void {
  const groups = Math.ceil(n / SHARE);
  if (groups <= 1) {
    backend.dispatch(SUM, { terms, total }, { n, share: Math.max(1, n), scale, offset }, [1, 1]);
    return;
  }
  const partials = backend.allocate(4 * groups);
  backend.dispatch(SUM, { terms, total: partials }, { n, share: SHARE, scale: 1, offset: 0 }, [groups, 1]);
  sum(backend, { terms: partials, total }, groups, scale, offset);
  backend.release(partials);
}
