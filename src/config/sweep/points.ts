import { BayescnnError } from '../../errors.js';
import { Stream, streamKey } from '../../rng.js';
import { settingPaths } from '../settings.js';
import type { Axis, Search, Settings, Span } from './schema.js';

/** One combination of settings; with a seed it is a run. */
export interface Point {
  /** Names the point in run names and tables. */
  readonly label: string;
  readonly settings: Settings;
}

/** One choice on one axis. */
interface Choice {
  readonly label: string;
  readonly settings: Settings;
}

/** Draws that gave a point already known, in a row, after which a space counts as used up. */
const MAX_REPEATS = 1000;

/**
 * The points of a search, in order; for halving those of the first rung.
 * @throws BayescnnError 'config' for an axis that names no setting
 */
export function pointsOf(search: Search): Point[] {
  switch (search.kind) {
    case 'list':
      return Object.entries(search.points).map(([label, settings]) => ({ label, settings }));
    case 'grid':
      return gridPoints(search.axes);
    default:
      return drawnPoints(search);
  }
}

function gridPoints(axes: Readonly<Record<string, Axis>>): Point[] {
  let points: Point[] = [{ label: '', settings: {} }];
  for (const [name, axis] of Object.entries(axes)) {
    const choices = choicesOf(name, axis as Exclude<Axis, Span>);
    points = points.flatMap((point) => choices.map((choice) => joined(point, choice)));
  }
  return points.map(named);
}

function drawnPoints({ points, seed, axes }: Extract<Search, { kind: 'random' | 'halving' }>): Point[] {
  const draws = Object.entries(axes).map(([name, axis]) => drawer(name, axis, seed));
  const found = new Map<string, Point>();
  let repeats = 0;
  while (found.size < points && repeats < MAX_REPEATS) {
    const settings = Object.assign({}, ...draws.map((draw) => draw().settings)) as Settings;
    const key = JSON.stringify(settings);
    if (found.has(key)) repeats++;
    else {
      repeats = 0;
      found.set(key, {
        label: `point${String(found.size + 1).padStart(String(points).length, '0')}`,
        settings,
      });
    }
  }
  return [...found.values()];
}

/** Draws one choice a call: each axis has a stream of its own, so that adding one does not change the others. */
function drawer(name: string, axis: Axis, seed: number): () => Choice {
  const stream = new Stream(streamKey(seed, `sweep/${name}`));
  if (isSpan(axis)) {
    requireSetting(name);
    return () => valueChoice(name, drawn(axis, stream));
  }
  const choices = choicesOf(name, axis);
  return () => choices[stream.below(choices.length)];
}

function drawn({ min, max, scale, whole }: Span, stream: Stream): number {
  const u = stream.uniform();
  // A whole number owns the unit around it, so that both ends are as likely as the rest.
  const [low, high] = whole ? [min - 0.5, max + 0.5] : [min, max];
  const value = scale === 'log' ? Math.exp(Math.log(low) + u * Math.log(high / low)) : low + u * (high - low);
  // Four digits: what is run can be read and typed.
  return whole ? Math.round(value) : Number(value.toPrecision(4));
}

const isSpan = (axis: Axis): axis is Span =>
  !Array.isArray(axis) && typeof (axis as { min?: unknown }).min === 'number';

function choicesOf(name: string, axis: Exclude<Axis, Span>): Choice[] {
  if (!Array.isArray(axis))
    return Object.entries(axis).map(([label, settings]) => ({ label, settings }) as Choice);
  requireSetting(name);
  return axis.map((value) => valueChoice(name, value));
}

function valueChoice(name: string, value: unknown): Choice {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const last = name.split('.').at(-1);
  return { label: `${last}-${text.replace(/[^A-Za-z0-9.+-]+/g, '-')}`, settings: { [name]: value } };
}

function requireSetting(name: string): void {
  if (settingPaths().includes(name)) return;
  throw new BayescnnError(
    'config',
    `search.axes: values need the path of a setting as their name, got "${name}"`,
    {
      hint: 'schema/config.schema.json describes every setting; named variants may have any name',
    },
  );
}

function joined(point: Point, choice: Choice): Point {
  const label = point.label === '' ? choice.label : `${point.label}_${choice.label}`;
  return { label, settings: { ...point.settings, ...choice.settings } };
}

/** Run names have at most 100 characters; the seed and a suffix need some of them. */
function named(point: Point, index: number): Point {
  if (point.label === '') return { ...point, label: 'base' };
  return point.label.length <= 70 ? point : { ...point, label: `${point.label.slice(0, 60)}-${index + 1}` };
}
