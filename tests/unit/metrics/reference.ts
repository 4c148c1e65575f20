import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const shared = process.env.BAYESCNN_SHARED ?? path.resolve(root, '../shared');
const file = path.join(shared, 'reference/goldens.json');

interface Tensor {
  shape: number[];
  data: number[];
}

export interface MetricCase {
  name: string;
  bins: number;
  logits: Tensor;
  targets: number[];
  per_sample: Record<
    'mean_probs' | 'predictive_entropy' | 'expected_entropy' | 'mutual_information' | 'prediction',
    Tensor
  >;
  accuracy: number;
  nll: number;
  brier: number;
  ece15: number;
  mean_predictive_entropy: number;
  mean_expected_entropy: number;
  mean_mutual_information: number;
}

export interface MetricGoldens {
  cases: MetricCase[];
  auroc: { in_distribution: number[]; out_of_distribution: number[]; auroc: number };
  ece_edges: { bins: number; confidences: number[]; correct: number[]; bin_index: number[]; ece: number };
}

/** Golden values made with PyTorch, or null where the reference folder is absent. */
export const goldens: MetricGoldens | null = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { metrics: MetricGoldens }).metrics
  : null;

/** The case's logits as the engine gives them: [S] of flat float32 [n * classes]. */
export function samplesOf(golden: MetricCase): Float32Array[] {
  const [samples, images, classes] = golden.logits.shape;
  const size = images * classes;
  const all = Float32Array.from(golden.logits.data);
  return Array.from({ length: samples }, (_, s) => all.slice(s * size, (s + 1) * size));
}
