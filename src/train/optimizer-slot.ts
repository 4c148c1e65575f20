import { tf } from '../backends/tfjs.js';
import { engineShape } from '../models/layout.js';
import type { NamedVariable } from '../models/named-variable.js';

/** A zero for each parameter, `<parameter>.<slot>`: what an optimizer remembers of it. */
export function emptySlot(parameters: readonly NamedVariable[], slot: string): NamedVariable[] {
  return parameters.map(({ name, layout }) => ({
    name: `${name}.${slot}`,
    layout,
    variable: tf.tidy(() => tf.variable(tf.zeros(engineShape(layout)), false)),
  }));
}
