import { createHash } from 'node:crypto';
import { canonicalJson } from '../results/canonical-json.js';
import type { Config } from './schema.js';

/**
 * sha256 (hex) of what a config computes: its canonical JSON without name, notes, $schema and `train.checkpoint`;
 * `train.onDivergence` counts where it is not its default, which computes nothing.
 * Two configs with one hash are one experiment.
 */
export function configHash(config: Config): string {
  const { name: _name, notes: _notes, train, ...rest } = config;
  const { checkpoint: _checkpoint, onDivergence, ...others } = train;
  const computed = onDivergence.kind === 'stop' ? others : { ...others, onDivergence };
  return createHash('sha256')
    .update(canonicalJson({ ...rest, train: computed }))
    .digest('hex');
}
