import { existsSync } from 'node:fs';
import path from 'node:path';
import { tf } from '../backends/tfjs.js';
import type { Config } from '../config/index.js';
import { classNamesOf, IMAGE_BYTES, IMAGE_SHAPE } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import type { Model } from '../models/index.js';
import { gatherImages } from '../ops/index.js';
import { packageVersion, type Tensor, writeAtomic, writeSafetensors } from '../results/index.js';
import { Stream, streamKey } from '../rng.js';
import type { TrainReporter } from '../train/reporter.js';
import { engineLine } from './setup.js';
import { type StoredModel, type StoredModelRequest, withStoredModel } from './stored-model.js';

/** Images of noise that the check file has logits for. */
const CHECK_IMAGES = 16;

export interface PytorchExportRequest extends StoredModelRequest {
  /** Default: pytorch.safetensors in the run folder. */
  out?: string | undefined;
  reporter: TrainReporter;
}

/** What `export --json` prints. */
export interface PytorchExportReport {
  run: string;
  checkpoint: string;
  epoch: number;
  /** The weights, to be loaded by `load_state_dict`. */
  file: string;
  /** Images and the logits that this model gives them at the posterior's mean, for comparison. */
  check: string;
  /** Name and shape of each tensor, PyTorch's. */
  tensors: Record<string, readonly number[]>;
}

/**
 * Writes a run's weights under PyTorch's names and layouts, and beside them a file of images and logits.
 * @throws BayescnnError 'usage' when either file exists, 'failure' when they cannot be written
 */
export async function exportPytorch(request: PytorchExportRequest): Promise<PytorchExportReport> {
  return withStoredModel(request, async (stored) => {
    const { run, checkpointPath, epoch, config, engine } = stored;
    const model = onlyModel(stored);
    request.reporter.note(engineLine(engine));
    const file = path.resolve(request.out ?? path.join(run.path, 'pytorch.safetensors'));
    const check = file.replace(/(\.safetensors)?$/, '.check.safetensors');
    for (const target of [file, check]) requireNew(target);
    const weights = model.toTorch();
    await writeAtomic(file, writeSafetensors(asTensors(weights), metadataOf(stored, model)));
    await writeAtomic(check, writeSafetensors(checkTensors(model, config)));
    const tensors = Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]));
    return { run: run.path, checkpoint: checkpointPath, epoch, file, check, tensors };
  });
}

/** @throws BayescnnError 'usage' for an ensemble, whose networks PyTorch would load one by one */
function onlyModel({ run, models }: StoredModel): Model {
  if (run.derived?.members === undefined) return models[0];
  throw new BayescnnError(
    'usage',
    `export: expected a run of one network, got an ensemble of ${models.length}`,
    {
      hint: `export its members, for example ${path.join(run.path, 'members', '1')}`,
    },
  );
}

function requireNew(file: string): void {
  if (!existsSync(file)) return;
  throw new BayescnnError('usage', `export: expected a new file, got ${file}, which exists`, {
    hint: 'name another one with --out, or remove it',
  });
}

function asTensors(arrays: ReturnType<Model['toTorch']>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }]),
  );
}

/** All that a reader needs to use the weights; `format` is what PyTorch's own safetensors files say. */
function metadataOf({ config, epoch, run }: StoredModel, model: Model): Record<string, string> {
  const { normalize, source } = config.data;
  return {
    format: 'pt',
    bayescnn: packageVersion(),
    run: run.name,
    epoch: String(epoch),
    architecture: config.model.architecture,
    bayesian_layers: JSON.stringify(model.bayesianLayers),
    model: JSON.stringify(config.model),
    normalize: JSON.stringify(normalize),
    classes: JSON.stringify(classNamesOf(source)),
  };
}

/** Normalised noise [n, 3, 32, 32] and its logits [n, classes] at the posterior's mean. */
function checkTensors(model: Model, config: Config): Record<string, Tensor> {
  const stream = new Stream(streamKey(0, 'export/check'));
  const images = Uint8Array.from({ length: CHECK_IMAGES * IMAGE_BYTES }, () => stream.below(256));
  const { mean, std } = config.data.normalize;
  return tf.tidy(() => {
    const indices = tf.range(0, CHECK_IMAGES, 1, 'int32');
    const x = gatherImages(indices, { images, mean, std });
    const clock = tf.variable(tf.zeros<tf.Rank.R1>([4], 'int32'), false);
    const logits = model.forward(x, model.weights(clock), { sample: false, clock });
    const planar = tf.transpose(x, [0, 3, 1, 2]).dataSync() as Float32Array;
    const values = logits.dataSync() as Float32Array;
    clock.dispose();
    const { channels, height, width } = IMAGE_SHAPE;
    return {
      images: { dtype: 'F32', shape: [CHECK_IMAGES, channels, height, width], data: planar.slice() },
      logits: { dtype: 'F32', shape: [...logits.shape], data: values.slice() },
    };
  });
}
