import type { Config } from '../config/index.js';
import { BayescnnError } from '../errors.js';
import { loadRollbacks, openRun, type Rollback, saveRollbacks } from '../results/index.js';
import type { Diverged } from '../train/diverged.js';
import type { TrainReporter } from '../train/reporter.js';
import { type ResumePoint, readResumable } from './resume.js';

/**
 * Where a run that diverged goes on, by `train.onDivergence`: at the end of its last finished epoch, with a smaller
 * learning rate. A checkpoint inside an epoch is passed over: when it is written depends on the clock, and so would the
 * results. What happened is written before, so that a run that is killed then and resumed does the same.
 * @throws the error itself when the policy is to stop; 'failure' when the run has gone back as often as it may
 */
export async function rollBack(
  folder: string,
  error: Diverged,
  policy: Config['train']['onDivergence'],
  reporter: TrainReporter,
): Promise<ResumePoint> {
  if (policy.kind === 'stop') throw error;
  const earlier = await loadRollbacks(folder);
  if (earlier.length >= policy.times) throw exhausted(error, policy.times);
  const { step, parameters } = error.first;
  const rollback: Rollback = {
    step,
    epoch: error.epoch,
    parameters,
    cause: error.likelyCause,
    back_to_epoch: error.epoch - 1,
    rate_factor: (earlier.at(-1)?.rate_factor ?? 1) * policy.factor,
  };
  await saveRollbacks(folder, [...earlier, rollback]);
  const place = rollback.back_to_epoch === 0 ? 'its beginning' : `the end of epoch ${rollback.back_to_epoch}`;
  reporter.warn(
    `training diverged at step ${step} (epoch ${error.epoch}; likely cause: ${rollback.cause}): back to ${place}, ` +
      `with the learning rate times ${rollback.rate_factor} (rollback ${earlier.length + 1} of ${policy.times})`,
  );
  return readResumable(await openRun(folder));
}

function exhausted(error: Diverged, times: number): BayescnnError {
  const often = times === 1 ? 'a rollback' : `${times} rollbacks`;
  return new BayescnnError('failure', `${error.message}; ${often} did not help`, {
    hint: error.hint as string,
    cause: error,
  });
}
