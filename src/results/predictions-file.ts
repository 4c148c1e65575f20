import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BayescnnError } from '../errors.js';
import { quoteJson, strictJson } from '../strict-json.js';
import { writeAtomic } from './atomic-write.js';
import { canonicalJson } from './canonical-json.js';
import { readSafetensors } from './safetensors-read.js';
import { type Dtype, damaged, type Tensor } from './safetensors-types.js';
import { writeSafetensors } from './safetensors-write.js';

/** What a checkpoint of a run gave each image; all in the order of evaluation. */
export interface RunPredictions {
  /** [n] images' places in their part of the archive. */
  readonly indices: Int32Array;
  /** [n] class indices. */
  readonly labels: Int32Array;
  /** Flat [n * classes] averaged distribution. */
  readonly probabilities: Float64Array;
  /** [n] -log of the averaged probability of the label, nats: finite where that underflows. */
  readonly nll: Float64Array;
  /** [n] mean entropy of the samples, nats. */
  readonly expectedEntropy: Float64Array;
  readonly checkpoint: string;
  readonly epoch: number;
  readonly samples: number;
  readonly split: string;
  /** sha256 of the archive, hex. */
  readonly dataset: string;
}

const VERSION = '1';

/** Where a run keeps what its best checkpoint gave each test image. */
function predictionsPath(folder: string): string {
  return path.join(folder, 'predictions.safetensors');
}

/**
 * Writes predictions.safetensors of a run folder, atomically.
 * @throws BayescnnError 'failure' when it cannot be written
 */
export async function savePredictions(folder: string, predictions: RunPredictions): Promise<void> {
  const { indices, labels, probabilities, nll, expectedEntropy } = predictions;
  const n = labels.length;
  const tensors: Record<string, Tensor> = {
    indices: { dtype: 'I32', shape: [n], data: indices },
    labels: { dtype: 'I32', shape: [n], data: labels },
    probabilities: { dtype: 'F64', shape: [n, probabilities.length / n], data: probabilities },
    nll: { dtype: 'F64', shape: [n], data: nll },
    expected_entropy: { dtype: 'F64', shape: [n], data: expectedEntropy },
  };
  const { checkpoint, epoch, samples, split, dataset } = predictions;
  const facts = canonicalJson({ checkpoint, epoch, samples, split, dataset });
  await writeAtomic(
    predictionsPath(folder),
    writeSafetensors(tensors, { bayescnn_predictions: VERSION, facts }),
  );
}

/**
 * Reads and verifies a run's predictions; null when it keeps none.
 * @throws BayescnnError 'data' when the file is damaged
 */
export async function loadPredictions(folder: string): Promise<RunPredictions | null> {
  const file = predictionsPath(folder);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    throw new BayescnnError('data', `${file}: could not be read, got ${code}`, {
      hint: 'check its permissions and the disk',
      cause,
    });
  }
  return decode(bytes, file);
}

function decode(bytes: Uint8Array, where: string): RunPredictions {
  const { tensors, metadata } = readSafetensors(bytes, where);
  const version = metadata.bayescnn_predictions;
  if (version !== VERSION)
    throw damaged(
      where,
      `expected predictions of version ${VERSION}, got ${version?.slice(0, 60) ?? 'none'}`,
    );
  const n = tensors.labels?.data.length ?? 0;
  const column = <D extends Dtype>(name: string, dtype: D, width = 1) => {
    const tensor = tensors[name];
    if (tensor?.dtype !== dtype || tensor.data.length !== n * width || n === 0)
      throw damaged(
        where,
        `tensor "${name}" must be ${dtype} of ${n * width}, got ${tensor?.dtype ?? 'none'}`,
      );
    return tensor.data as Extract<Tensor, { dtype: D }>['data'];
  };
  const classes = tensors.probabilities?.shape[1] ?? 0;
  return {
    indices: column('indices', 'I32'),
    labels: column('labels', 'I32'),
    probabilities: column('probabilities', 'F64', classes),
    nll: column('nll', 'F64'),
    expectedEntropy: column('expected_entropy', 'F64'),
    ...factsOf(metadata.facts, where),
  };
}

type Facts = Pick<RunPredictions, 'checkpoint' | 'epoch' | 'samples' | 'split' | 'dataset'>;

function factsOf(text: string | undefined, where: string): Facts {
  let facts: Partial<Record<keyof Facts, unknown>>;
  try {
    facts = (strictJson(text ?? '') ?? {}) as Partial<Record<keyof Facts, unknown>>;
  } catch {
    throw damaged(where, `metadata "facts" must be JSON, got ${quoteJson(text)}`);
  }
  const { checkpoint, epoch, samples, split, dataset } = facts;
  const texts = [checkpoint, split, dataset].every((value) => typeof value === 'string');
  if (!texts || !Number.isInteger(epoch) || !Number.isInteger(samples))
    throw damaged(
      where,
      `metadata "facts" must name checkpoint, epoch, samples, split and data, got ${quoteJson(text)}`,
    );
  return facts as Facts;
}
