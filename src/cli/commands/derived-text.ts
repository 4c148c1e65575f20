import type { DerivedSummary } from '../../runs/derive.js';
import { columns, percent, printable } from '../output-format.js';

/** What a run made of others comes to, as text. */
export function describeDerived({ run, derived, final }: DerivedSummary): string {
  const made = Object.entries(derived.settings).map(([step, value]) => `${step} ${value}`);
  return columns([
    ['made by', made.join(', ')],
    ['of', printable(derived.from.map((source) => source.run).join(', '))],
    ...(derived.temperature === undefined
      ? []
      : [['temperature', derived.temperature.toFixed(4)] satisfies [string, string]]),
    ['test accuracy', percent(final.accuracy)],
    ['test NLL', final.nll.toFixed(4)],
    ['ECE', final.ece.toFixed(4)],
    ['Brier', final.brier.toFixed(4)],
    ['predictions an image', String(final.samples)],
    ['results', printable(run)],
  ]);
}
