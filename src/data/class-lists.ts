import type { DataOptions } from './options.js';
import { SHAPES } from './synthetic/shapes.js';

/** CIFAR-10's classes under the names that its archive gives them. */
const CIFAR10 = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
] as const;

/** A source's class names, for what runs without its archive. An archive of one's own may name them otherwise. */
export function classNamesOf(source: DataOptions['source']): readonly string[] {
  return source === 'synthetic' ? SHAPES.map(([name]) => name) : CIFAR10;
}
