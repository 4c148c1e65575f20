import type { Config } from '../config/index.js';
import { BayescnnError } from '../errors.js';
import type { LoadedCheckpoint } from '../results/index.js';
import { quoteJson } from '../strict-json.js';

/** The settings that decide which tensors a model has. */
const STRUCTURE = ['architecture', 'bayesian'] as const;

/**
 * Refuses a checkpoint of another network than the config's, and names what differs. One that does not say what
 * it is of passes: its tensors' names and shapes are checked when the model takes them.
 * @throws BayescnnError 'data'
 */
export function checkSameModel(config: Config, { path, meta }: LoadedCheckpoint): void {
  const stored = modelIn(meta);
  const differences = STRUCTURE.filter(
    (key) => stored[key] !== undefined && JSON.stringify(stored[key]) !== JSON.stringify(config.model[key]),
  ).map((key) => `model.${key} ${quoteJson(stored[key])} instead of ${quoteJson(config.model[key])}`);
  if (differences.length === 0) return;
  throw new BayescnnError(
    'data',
    `${path}: a checkpoint of this run's network wanted, got ${differences.join(', ')}`,
    {
      hint: 'name the run that the checkpoint belongs to, or a checkpoint of this run',
    },
  );
}

function modelIn(meta: unknown): Partial<Record<(typeof STRUCTURE)[number], unknown>> {
  const model = (meta as { model?: unknown } | null)?.model;
  return typeof model === 'object' && model !== null ? model : {};
}
