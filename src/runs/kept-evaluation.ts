import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { loadDataset } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import type { ReportEvaluation } from '../report/index.js';
import { writeAtomic } from '../results/index.js';
import type { LoadedGroup } from './compare.js';
import type { LoadedRun } from './compared-run.js';
import { type EvaluationReport, runEvaluation } from './evaluate.js';
import type { PredictionsRequest } from './predictions.js';
import { pickImages } from './report-images.js';

const FILE = 'report-evaluation.json';

const metrics = { accuracy: z.number(), nll: z.number(), ece: z.number() };
const histogram = z.array(z.number()).min(1);

const schema = z.object({
  bayescnn_evaluation: z.literal(1),
  /** Which checkpoint, on which data: what another one was found to do is not shown. */
  epoch: z.int(),
  dataset: z.string(),
  n: z.int(),
  curve: z.array(z.object(metrics)).min(1),
  corruptions: z.array(z.object({ kind: z.string(), severity: z.int(), ...metrics })),
  outside: z.array(
    z.object({ set: z.string(), auroc: z.number(), entropy: z.object({ in: histogram, out: histogram }) }),
  ),
  images: z.array(
    z.object({
      pick: z.enum(['certain-right', 'certain-wrong', 'uncertain', 'informative']),
      index: z.int(),
      label: z.string(),
      prediction: z.string(),
      confidence: z.number(),
      predictive_entropy: z.number(),
      mutual_information: z.number(),
      png: z.base64(),
    }),
  ),
});

export interface KeptRequest extends PredictionsRequest {
  /** The first test images only; all where there are no more. */
  subset?: number | undefined;
}

/** Evaluates each run's best checkpoint for what a report shows of it, and keeps that in the run folder. */
export async function keepEvaluations(groups: readonly LoadedGroup[], request: KeptRequest): Promise<void> {
  for (const run of groups.flatMap(({ runs }) => runs)) {
    request.signal?.throwIfAborted();
    request.reporter.note(`${run.name}: evaluating`);
    const subset = Math.min(request.subset ?? Number.POSITIVE_INFINITY, run.predicted.labels.length);
    const report = await runEvaluation({
      ...request,
      run: run.path,
      checkpoint: 'best',
      split: 'test',
      subset,
      curve: true,
      corrupt: 'all',
      ood: 'all',
    });
    const kept = { ...keptOf(report), images: await imagesOf(run, request) };
    const about = { bayescnn_evaluation: 1, epoch: report.epoch, dataset: run.dataset };
    await writeAtomic(path.join(run.path, FILE), `${JSON.stringify({ ...about, ...kept })}\n`);
  }
}

function keptOf({ n, curve, corruptions, ood }: EvaluationReport): Omit<ReportEvaluation, 'images'> {
  const shown = ({ accuracy, nll, ece }: { accuracy: number; nll: number; ece: number }) => ({
    accuracy,
    nll,
    ece,
  });
  return {
    n,
    curve: (curve ?? []).map(shown),
    corruptions: (corruptions ?? []).map((point) => ({
      kind: point.kind,
      severity: point.severity,
      ...shown(point),
    })),
    outside: (ood ?? []).map(({ set, predictive_entropy, entropy_histogram }) => ({
      set,
      auroc: predictive_entropy.auroc,
      entropy: entropy_histogram,
    })),
  };
}

async function imagesOf(run: LoadedRun, { archive, sha256, dataEvents, signal }: KeptRequest) {
  const { data } = run.config;
  const dataset = await loadDataset(
    { source: data.source, archive: archive ?? data.archive, sha256: sha256 ?? data.sha256 },
    { ...(dataEvents && { events: dataEvents }), ...(signal && { signal }) },
  );
  return pickImages(run.predicted, dataset.test, dataset.classNames);
}

/**
 * What a run keeps of an evaluation; null where it keeps none, or one of another checkpoint or of other data.
 * @throws BayescnnError 'data' when the file is damaged
 */
export async function readEvaluation({
  path: folder,
  predicted,
}: LoadedRun): Promise<ReportEvaluation | null> {
  const file = path.join(folder, FILE);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw damagedFile(file, (cause as Error).message, cause);
  }
  const { success, data, error } = schema.safeParse(content);
  if (!success) throw damagedFile(file, z.prettifyError(error).split('\n')[0], error);
  return data.epoch === predicted.epoch && data.dataset === predicted.dataset ? data : null;
}

function damagedFile(file: string, got: string, cause: unknown): BayescnnError {
  return new BayescnnError(
    'data',
    `${file}: expected an evaluation kept by \`report --evaluate\`, got ${got}`,
    {
      hint: 'evaluate again with `report --evaluate`, or remove the file',
      cause,
    },
  );
}
