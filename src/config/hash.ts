import { createHash } from 'node:crypto';
import { canonicalJson } from '../results/canonical-json.js';
import type { Config } from './schema.js';

/**
 * sha256 (hex) of what a config computes: its canonical JSON without name, notes and $schema.
 * Two configs with one hash are one experiment.
 */
export function configHash(config: Config): string {
  const { name: _name, notes: _notes, ...rest } = config;
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}
