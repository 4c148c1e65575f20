import type { Config } from '../config/index.js';
import { classNamesOf, type ReadPicture, readPicture } from '../data/index.js';
import type { ImagePredictions } from '../metrics/index.js';
import { evaluate } from '../train/evaluate.js';
import type { TrainReporter } from '../train/reporter.js';
import type { LabelledSource } from '../train/step.js';
import { engineLine } from './setup.js';
import { type StoredModel, type StoredModelRequest, withStoredModel } from './stored-model.js';

export interface PredictRequest extends StoredModelRequest {
  /** PNG and JPEG files. */
  images: readonly string[];
  /** Classes to report for each image; at most all. */
  top: number;
  reporter: TrainReporter;
  signal?: AbortSignal;
}

/** A class and the mean of its probability over the samples. */
export interface ClassProbability {
  class: number;
  name: string;
  probability: number;
}

export interface PicturePrediction {
  file: string;
  /** Of the picture as stored, pixels. */
  width: number;
  height: number;
  /** How it became 32 x 32; null: it was. */
  resized: string | null;
  /** The most probable classes, highest first; of equals the lower class. */
  top: ClassProbability[];
  /** Entropy of the averaged distribution, nats. */
  predictive_entropy: number;
  /** Mean entropy of the samples, nats. */
  expected_entropy: number;
  /** Their difference, nats; 0 for one sample. */
  mutual_information: number;
}

/** What `predict --json` prints. */
export interface PredictReport {
  run: string;
  checkpoint: string;
  epoch: number;
  engine: string;
  /** Posterior samples; 1 where the model draws nothing; of an ensemble those of all members. */
  samples: number;
  images: PicturePrediction[];
}

/**
 * Predicts the class of pictures. What an image is given does not depend on the others: each is drawn for as if it
 * were the first image of an evaluation.
 * @throws BayescnnError 'data' when a picture cannot be read; all are read before the first is predicted
 */
export async function runPrediction(request: PredictRequest): Promise<PredictReport> {
  const pictures: ReadPicture[] = [];
  for (const file of request.images) {
    request.signal?.throwIfAborted();
    pictures.push(await readPicture(file));
  }
  return withStoredModel(request, async (stored) => {
    const { engine, config, checkpointPath, epoch, run, classifier } = stored;
    request.reporter.note(engineLine(engine));
    const images: PicturePrediction[] = [];
    for (const picture of pictures) images.push(await predictOne(stored, picture, request));
    return {
      run: run.path,
      checkpoint: checkpointPath,
      epoch,
      engine: engine.name,
      samples: classifier.predictions(config.eval.samples),
      images,
    };
  });
}

async function predictOne(
  { classifier, config, epoch }: StoredModel,
  picture: ReadPicture,
  { top, signal }: PredictRequest,
): Promise<PicturePrediction> {
  const result = await evaluate(classifier, sourceOf(picture, config), {
    indices: Int32Array.of(0),
    samples: config.eval.samples,
    batchSize: 1,
    epoch,
    signal,
    keepImages: true,
  });
  const { file, width, height, resized } = picture;
  const kept = result.images as ImagePredictions;
  return {
    ...{ file, width, height, resized },
    top: topOf(kept.probabilities, classNamesOf(config.data.source), top),
    predictive_entropy: kept.predictiveEntropy[0],
    expected_entropy: kept.expectedEntropy[0],
    mutual_information: kept.mutualInformation[0],
  };
}

/** The label is not known: nothing that is reported depends on it. */
function sourceOf({ image }: ReadPicture, { data: { normalize } }: Config): LabelledSource {
  return { images: image, labels: new Uint8Array(1), mean: normalize.mean, std: normalize.std };
}

function topOf(probabilities: Float64Array, names: readonly string[], top: number): ClassProbability[] {
  return Array.from(probabilities, (probability, i) => ({ class: i, name: names[i], probability }))
    .sort((a, b) => b.probability - a.probability || a.class - b.class)
    .slice(0, top);
}
