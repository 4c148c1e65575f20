import { CLASS_COUNT } from '../data/index.js';
import { BayescnnError } from '../errors.js';
import { fitTemperature, type TemperatureFit } from '../metrics/index.js';
import { type DrawOptions, drawLogits } from '../train/draw-logits.js';
import type { TrainReporter } from '../train/reporter.js';
import type { Setup } from './setup.js';
import type { OpenedModel, StoredModel } from './stored-model.js';

/** @throws BayescnnError 'usage' unless it is a number above 0 or `fit` */
export function temperatureOf(text: string | undefined): number | 'fit' | undefined {
  if (text === undefined || text === 'fit') return text;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new BayescnnError('usage', `--temperature: a number above 0 or fit, got ${text}`, {
    hint: 'fit takes the best one on the validation images; 1 leaves predictions as they are',
  });
}

/**
 * Fits a run's temperature on its validation images, and on no others.
 * @throws BayescnnError 'usage' when the run held none back, or an ensemble's members held others back
 */
export async function fitOnValidation(
  stored: StoredModel,
  { plan, train }: Pick<Setup, 'plan' | 'train'>,
  { reporter, signal }: { reporter: TrainReporter; signal?: AbortSignal | undefined },
): Promise<TemperatureFit> {
  requireValidation(stored, plan.validation.length);
  requireSharedValidation(stored);
  const { samples, batchSize } = stored.config.eval;
  const predictions = stored.untempered.predictions(samples);
  const size = plan.validation.length * CLASS_COUNT;
  const logits = Array.from({ length: predictions }, () => new Float64Array(size));
  let done = 0;
  const options: DrawOptions = {
    indices: plan.validation,
    samples,
    batchSize,
    epoch: stored.epoch,
    signal,
    onProgress: (images, total) => reporter.evaluating(images, total),
  };
  await drawLogits(stored.untempered, train, options, {
    addBatch(batch) {
      batch.forEach((sample, s) => {
        logits[s].set(sample, done);
      });
      done += batch[0].length;
    },
  });
  const labels = Uint8Array.from(plan.validation, (index) => train.labels[index]);
  const fit = fitTemperature(logits, labels, CLASS_COUNT);
  reporter.note(
    `temperature ${fit.temperature.toFixed(4)}: NLL ${fit.nll_before.toFixed(4)} to ${fit.nll.toFixed(4)} on ${fit.n} validation images`,
  );
  return fit;
}

function requireValidation({ run }: OpenedModel, images: number): void {
  if (images > 0) return;
  throw new BayescnnError('usage', `${run.path}: a temperature needs validation images, got none`, {
    hint: 'train with data.validation, for example --set data.validation=5000; or give a value',
  });
}

/**
 * That all networks of a run held back the same validation images: those that one of them was trained on measure nothing.
 * @throws BayescnnError 'usage' for an ensemble of several seeds
 */
export function requireSharedValidation(opened: OpenedModel): void {
  const seeds = new Set(networks(opened).map(({ config }) => config.seed));
  if (seeds.size < 2) return;
  throw new BayescnnError(
    'usage',
    `${opened.run.path}: members must hold back the same validation images, got seeds ${[...seeds].join(', ')}, each with others`,
    { hint: 'calibrate the members first, then make the ensemble of them' },
  );
}

/** The runs behind an ensemble, or the run itself. */
function networks(opened: OpenedModel): OpenedModel[] {
  return opened.members.length === 0 ? [opened] : opened.members.flatMap(networks);
}
