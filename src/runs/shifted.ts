import { setImmediate } from 'node:timers/promises';
import type { ActiveEngine } from '../backends/select.js';
import {
  CLASS_COUNT,
  CORRUPTIONS,
  type CorruptionKind,
  corruptImages,
  IMAGE_BYTES,
  MAX_SEVERITY,
  OUTSIDE_SETS,
  type OutsideSet,
  outsideImages,
} from '../data/index.js';
import { BayescnnError } from '../errors.js';
import {
  DetailedAccumulator,
  type DetailedImages,
  type DetailedMetrics,
  type OodDetection,
  oodDetection,
} from '../metrics/index.js';
import type { Model } from '../models/index.js';
import { type EvaluationOptions, evaluate } from '../train/evaluate.js';
import type { LabelledSource } from '../train/step.js';

/** Images that are changed between two looks at the signal. */
const CHUNK = 200;

/** Metrics on corrupted images. */
export interface CorruptionResult extends DetailedMetrics {
  kind: CorruptionKind;
  severity: number;
}

/** How well each score tells one set of images from the evaluated ones. */
export interface OutsideResult {
  set: OutsideSet;
  n: number;
  predictive_entropy: OodDetection;
  /** 1 - the highest mean probability. */
  max_probability: OodDetection;
  mutual_information: OodDetection;
}

/** Changed images are evaluated as the clean ones were: same order, samples and noise. */
export interface ShiftedEvaluation {
  model: Model;
  engine: ActiveEngine;
  clean: LabelledSource;
  options: EvaluationOptions;
}

/** @throws BayescnnError 'usage' for an unknown kind */
export function corruptionKinds(name: string): readonly CorruptionKind[] {
  return chosen('--corrupt', CORRUPTIONS, name);
}

/** @throws BayescnnError 'usage' for an unknown set */
export function outsideSets(name: string): readonly OutsideSet[] {
  return chosen('--ood', OUTSIDE_SETS, name);
}

/** @throws BayescnnError 'usage' unless it is 0 to 5 or all */
export function severities(text: string): readonly number[] {
  if (text === 'all') return Array.from({ length: MAX_SEVERITY }, (_, i) => i + 1);
  if (/^\d$/.test(text) && Number(text) <= MAX_SEVERITY) return [Number(text)];
  throw new BayescnnError('usage', `--severity: 0 to ${MAX_SEVERITY} or all, got ${text}`, {
    hint: 'for example --severity 3',
  });
}

function chosen<T extends string>(option: string, names: readonly T[], name: string): readonly T[] {
  if (name === 'all') return names;
  const found = names.find((known) => known === name);
  if (found !== undefined) return [found];
  throw new BayescnnError('usage', `${option}: one of ${names.join(', ')} or all, got ${name}`, {
    hint: `for example ${option} ${names[0]}`,
  });
}

/** Evaluates every kind at every severity. */
export async function evaluateCorruptions(
  evaluation: ShiftedEvaluation,
  kinds: readonly CorruptionKind[],
  levels: readonly number[],
): Promise<CorruptionResult[]> {
  const { clean, options } = evaluation;
  const run = changedSource(evaluation);
  const results: CorruptionResult[] = [];
  for (const kind of kinds)
    for (const severity of levels) {
      options.signal?.throwIfAborted();
      const measured = await run((some, out) => corruptImages(kind, severity, clean.images, some, out));
      results.push({ kind, severity, ...measured.finish() });
    }
  return results;
}

/** Sets every set against the evaluated images. @param inside what those were given */
export async function evaluateOutside(
  evaluation: ShiftedEvaluation,
  sets: readonly OutsideSet[],
  inside: DetailedImages,
): Promise<OutsideResult[]> {
  const { clean, options } = evaluation;
  const run = changedSource(evaluation);
  const results: OutsideResult[] = [];
  for (const set of sets) {
    options.signal?.throwIfAborted();
    const measured = await run((some, out) => outsideImages(set, clean.images, some, out));
    const outside = measured.images();
    results.push({
      set,
      n: options.indices.length,
      predictive_entropy: oodDetection(inside.predictiveEntropy, outside.predictiveEntropy),
      max_probability: oodDetection(doubt(inside), doubt(outside)),
      mutual_information: oodDetection(inside.mutualInformation, outside.mutualInformation),
    });
  }
  return results;
}

const doubt = ({ confidences }: DetailedImages): Float64Array => confidences.map((value) => 1 - value);

/** Evaluates one buffer of images again and again, filled anew each time. */
function changedSource({ model, engine, clean, options }: ShiftedEvaluation) {
  const { indices } = options;
  const bytes = indices.length * IMAGE_BYTES;
  const images = engine.allocate?.(bytes) ?? new Uint8Array(bytes);
  const labels = Uint8Array.from(indices, (index) => clean.labels[index]);
  const source: LabelledSource = { ...clean, images, labels };
  const places = Int32Array.from(indices, (_, i) => i);
  return async (fill: (some: Int32Array, out: Uint8Array) => void): Promise<DetailedAccumulator> => {
    for (let first = 0; first < indices.length; first += CHUNK) {
      options.signal?.throwIfAborted();
      fill(indices.subarray(first, first + CHUNK), images.subarray(first * IMAGE_BYTES));
      await setImmediate();
    }
    const detailed = new DetailedAccumulator(CLASS_COUNT);
    await evaluate(model, source, { ...options, indices: places, sink: detailed });
    return detailed;
  };
}
