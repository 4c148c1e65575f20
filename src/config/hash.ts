import { createHash } from 'node:crypto';
import { canonicalJson } from '../results/canonical-json.js';
import type { Config } from './schema.js';

/**
 * sha256 (hex) of what a config computes: its canonical JSON without name, notes, $schema and `train.checkpoint`.
 * Two configs with one hash are one experiment.
 */
export function configHash(config: Config): string {
  const { name: _name, notes: _notes, train, ...rest } = config;
  const { checkpoint: _checkpoint, ...computed } = train;
  return createHash('sha256')
    .update(canonicalJson({ ...rest, train: computed }))
    .digest('hex');
}
