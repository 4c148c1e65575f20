/**
 * Adds up the error rates of a risk-coverage curve, group by group of equal confidence from high to low;
 * within a group the errors rise evenly (see `Ranking` of src/metrics).
 */
export class RiskSum {
  private accepted = 0;
  private errors = 0;
  private sum = 0;

  /** @param size images in the group @param errors wrong ones among them */
  add(size: number, errors: number): void {
    if (size === 0) return;
    const step = errors / size;
    for (let i = 1; i <= size; i++) this.sum += (this.errors + step * i) / (this.accepted + i);
    this.accepted += size;
    this.errors += errors;
  }

  /** The area under the curve. */
  area(): number {
    return this.sum / this.accepted;
  }
}

/** Positions of `confidences` from high to low, and where each group of equal ones ends. */
export function descending(confidences: Float64Array): { order: Uint32Array; ends: Uint32Array } {
  const order = Uint32Array.from(confidences, (_, i) => i).sort((i, j) => confidences[j] - confidences[i]);
  const ends: number[] = [];
  order.forEach((image, at) => {
    const next = order[at + 1];
    if (next === undefined || confidences[next] !== confidences[image]) ends.push(at + 1);
  });
  return { order, ends: Uint32Array.from(ends) };
}
