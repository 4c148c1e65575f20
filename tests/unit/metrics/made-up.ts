/** Predictions that Python can make as well: the linear congruential generator of Numerical Recipes. */
class Lcg {
  constructor(private state: number) {}

  /** Uniform on (0, 1), 24 bits. */
  uniform(): number {
    this.state = (Math.imul(1664525, this.state) + 1013904223) >>> 0;
    return ((this.state >>> 8) + 0.5) / 2 ** 24;
  }
}

export const SAMPLES = 5;
export const IMAGES = 200;
export const CLASSES = 7;

/**
 * An overconfident model's logits, 5 samples of 200 images in 7 classes:
 * 9 u(image, class) + 5 u(sample, image, class) + 2.5 for the label. No two confidences are equal.
 */
export function madeUp(): { logits: Float32Array[]; labels: Int32Array } {
  const generator = new Lcg(2024);
  const labels = Int32Array.from({ length: IMAGES }, () => Math.floor(CLASSES * generator.uniform()));
  const base = Float64Array.from({ length: IMAGES * CLASSES }, () => generator.uniform());
  const logit = (value: number, at: number) => {
    const bonus = at % CLASSES === labels[Math.floor(at / CLASSES)] ? 2.5 : 0;
    return 9 * value + 5 * generator.uniform() + bonus;
  };
  const logits = Array.from({ length: SAMPLES }, () => Float32Array.from(base, logit));
  return { logits, labels };
}
