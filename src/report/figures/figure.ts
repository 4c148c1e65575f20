import type { Cells } from '../table.js';

/** A vega-lite specification (https://vega.github.io/vega-lite/docs/spec.html), data included. */
export type Spec = Readonly<Record<string, unknown>>;

/** A plot with all that stands around it. */
export interface Figure {
  /** Its name in the page and of its PNG: lower-case words with dashes. */
  readonly id: string;
  readonly title: string;
  /** What is drawn and what to look for. */
  readonly caption: string;
  readonly spec: Spec;
  /** The plotted numbers, for those who do not see the plot. */
  readonly data: Cells;
}

/** A name as part of an `id`. */
export function slug(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return plain.replace(/^-|-$/g, '') || 'x';
}

/** Six significant digits: all that a plot shows. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** A number in a table of plotted data. */
export function shownNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
