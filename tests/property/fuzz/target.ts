import { BayescnnError, type ErrorCode } from '../../../src/errors.js';
import type { Dice } from './dice.js';

/** What became of a mutated input. */
export type Outcome = 'accepted' | 'refused';

/** One kind of input that comes from outside. */
export interface Target {
  readonly name: string;
  /**
   * Makes an input from the dice and feeds it to the program's reader.
   * @param folder an empty one of this target's own, for files
   * @throws Mistake when it is neither refused by one clear error nor read rightly
   */
  run(dice: Dice, folder: string): Promise<Outcome> | Outcome;
}

/** What the program did wrong. */
export class Mistake extends Error {
  override readonly name = 'Mistake';
}

const MAX_MESSAGE = 10_000;

/** Counts an error as a refusal when a user could act on it: one of ours, of an expected kind, with a hint. */
export function refusal(error: unknown, codes: readonly ErrorCode[]): Outcome {
  if (error instanceof Mistake) throw error;
  const wrong = (what: string) => new Mistake(`${what}: ${String(error).slice(0, 300)}`, { cause: error });
  if (!(error instanceof BayescnnError)) throw wrong('a raw error');
  if (!codes.includes(error.code)) throw wrong(`an error of kind ${error.code}`);
  if (!error.hint) throw wrong('an error without a hint');
  if (!error.message.includes('got ')) throw wrong('an error that does not say what was got');
  if (error.message.length > MAX_MESSAGE) throw wrong(`a message of ${error.message.length} characters`);
  return 'refused';
}

export function check(holds: boolean, what: string): void {
  if (!holds) throw new Mistake(what);
}
