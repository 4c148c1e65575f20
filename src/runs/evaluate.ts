import type { Config } from '../config/index.js';
import { CLASS_COUNT, type DataEvents } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import { DetailedAccumulator, type DetailedMetrics } from '../metrics/index.js';
import { ExportFolder, requireFree } from '../results/index.js';
import { type DrawOptions, drawLogits } from '../train/draw-logits.js';
import type { TrainReporter } from '../train/reporter.js';
import type { LabelledSource } from '../train/step.js';
import { tempered } from '../train/tempered.js';
import { fitOnValidation, requireSharedValidation, temperatureOf } from './calibration.js';
import type { CorruptionMeans, CorruptionResult } from './corrupted.js';
import { exportFiles } from './evaluation-export.js';
import type { OutsideResult } from './outside.js';
import { engineLine, type Setup, setUp } from './setup.js';
import { type Shifts, shiftsOf } from './shift-choices.js';
import { evaluateShifts } from './shifted.js';
import { openModel, type StoredModel, type StoredModelRequest, withModel } from './stored-model.js';

export type SplitName = 'test' | 'train' | 'validation';

export interface EvaluationRequest extends StoredModelRequest {
  split: SplitName;
  /** The first images of the split only. */
  subset?: number | undefined;
  /** Also report every metric of the first 1, 2, .. S samples. */
  curve?: boolean | undefined;
  /** Also evaluate corrupted images: kinds, `all` or `extra`. */
  corrupt?: string | undefined;
  /** 0 to 5, comma-separated, or `all`. */
  severity?: string | undefined;
  /** Read corrupted images from this folder of CIFAR-10-C. */
  corruptFiles?: string | undefined;
  /** Also tell generated images out of distribution apart: sets or `all`. */
  ood?: string | undefined;
  /** Also tell the images of these files or folders apart. */
  oodFile?: readonly string[] | undefined;
  /** A temperature, or `fit` for that of the lowest NLL on the validation images; default: the run's own, else 1. */
  temperature?: string | undefined;
  /** Write predictions into this new folder. */
  export?: string | undefined;
  reporter: TrainReporter;
  dataEvents?: DataEvents;
  signal?: AbortSignal;
}

/** What chose the evaluated checkpoint among its run's epochs; a file of one's own: unknown. */
export type Selection = 'validation' | 'none' | 'unknown';

/** What `eval --json` prints: the metrics of the averaged predictive distribution. */
export interface EvaluationReport extends DetailedMetrics {
  /** KL(q || prior), nats; 0 without a posterior. */
  kl: number;
  run: string;
  checkpoint: string;
  epoch: number;
  selection: Selection;
  /** Divided all logits; 1: none. */
  temperature: number;
  split: SplitName;
  engine: string;
  /** With `--curve`: the metrics of the first 1, 2, .. S samples. */
  curve?: DetailedMetrics[];
  /** With `--corrupt`: the metrics on corrupted images. */
  corruptions?: CorruptionResult[];
  /** With `--corrupt`: their means over kinds. */
  corruption_means?: CorruptionMeans;
  /** With `--ood`: how well scores tell images out of distribution from these. */
  ood?: OutsideResult[];
  /** With `--export`: the folder. */
  export?: string;
}

/**
 * Evaluates a checkpoint of a run on one of its splits.
 * @throws BayescnnError when the run, its data or its checkpoint cannot be used
 */
export async function runEvaluation(request: EvaluationRequest): Promise<EvaluationReport> {
  const shifts = shiftsOf(request);
  temperatureOf(request.temperature);
  if (request.export !== undefined) await requireFree(request.export);
  const opened = await openModel(request);
  if (request.split === 'validation') requireSharedValidation(opened);
  const setup = await setUp(opened.config, { events: request.dataEvents, signal: request.signal });
  request.reporter.note(engineLine(setup.engine));
  return withModel(opened, setup.engine, (stored) => measure({ request, stored, setup, shifts }));
}

interface Evaluation {
  request: EvaluationRequest;
  stored: StoredModel;
  setup: Setup;
  shifts: Shifts;
}

/** Evaluates, and exports what was asked for. */
async function measure(evaluation: Evaluation): Promise<EvaluationReport> {
  const { request, setup, shifts } = evaluation;
  const { run, config, checkpointPath, epoch } = evaluation.stored;
  const { source, indices } = imagesOf(setup, request);
  const selection = selectionOf(request.checkpoint, config);
  if (selection === 'validation' && request.split === 'validation')
    request.reporter.warn('the checkpoint was chosen on these images: expect worse on others');
  const detailed = new DetailedAccumulator(CLASS_COUNT, { curve: request.curve ?? false });
  const folder =
    request.export === undefined
      ? undefined
      : await ExportFolder.create(request.export, indices.length, CLASS_COUNT);
  try {
    const { classifier, temperature } = await heated(evaluation);
    const options: DrawOptions = {
      indices,
      samples: config.eval.samples,
      batchSize: config.eval.batchSize,
      epoch,
      signal: request.signal,
      onProgress: (done, total) => request.reporter.evaluating(done, total),
    };
    const kl = await drawLogits(classifier, source, options, {
      addBatch: (logits, labels) => {
        detailed.addBatch(logits, labels);
        folder?.addBatch(logits);
      },
    });
    const curve = request.curve ? detailed.curve() : undefined;
    const images = detailed.images();
    const { measured, ...shifted } = await evaluateShifts(
      { classifier, engine: setup.engine, clean: source, options },
      shifts,
      { images, testLabels: setup.test.labels, subset: request.subset },
    );
    const report: EvaluationReport = {
      ...detailed.finish(),
      kl,
      run: run.path,
      checkpoint: checkpointPath,
      epoch,
      selection,
      temperature,
      split: request.split,
      engine: setup.engine.name,
      ...(curve && { curve }),
      ...shifted,
      ...(folder && { export: folder.path }),
    };
    await folder?.finish(exportFiles(images, indices, report, measured));
    return report;
  } finally {
    await folder?.discard();
  }
}

/** What is evaluated, with the temperature that was asked for. */
async function heated({ request, stored, setup }: Evaluation) {
  const { classifier, untempered, run } = stored;
  const asked = temperatureOf(request.temperature);
  if (asked === undefined) return { classifier, temperature: run.derived?.temperature ?? 1 };
  const temperature = asked === 'fit' ? (await fitOnValidation(stored, setup, request)).temperature : asked;
  return { classifier: tempered(untempered, temperature), temperature };
}

function selectionOf(checkpoint: string, config: Config): Selection {
  if (checkpoint === 'best') return config.data.validation > 0 ? 'validation' : 'none';
  return checkpoint === 'last' ? 'none' : 'unknown';
}

function imagesOf(
  { train, test, plan }: Setup,
  { split, subset }: EvaluationRequest,
): { source: LabelledSource; indices: Int32Array } {
  const all = plan[split];
  if (all.length === 0) {
    throw new BayescnnError('usage', `--split ${split}: expected a split with images, got none in this run`, {
      hint: 'the run was made with data.validation 0; use --split test',
    });
  }
  if (subset !== undefined && subset > all.length) {
    throw new BayescnnError('usage', `--subset: at most the split's ${all.length} images, got ${subset}`, {
      hint: `use --subset ${all.length} or less`,
    });
  }
  return { source: split === 'test' ? test : train, indices: all.subarray(0, subset ?? all.length) };
}
