import type { Io } from './io.js';

/** Commands that texts may tell their reader to type; a test compares them with the program's. */
export const COMMANDS = [
  'train',
  'eval',
  'predict',
  'compare',
  'curves',
  'report',
  'sweep',
  'ui',
  'ensemble',
  'laplace',
  'calibrate',
  'export',
  'init',
  'data',
  'inspect',
  'bench',
  'doctor',
  'completion',
] as const;

const CALL = new RegExp(`(?<![\\w/.-]|npx )bayescnn (?=(?:--help|\\[|${COMMANDS.join('|')})(?![\\w-]))`, 'g');

/** The word to start the program by: where npx started this, the bare name is not found. */
export function programWord(io: Io): string {
  return io.env.npm_command === 'exec' ? 'npx bayescnn' : 'bayescnn';
}

/** A text whose commands can be typed as they are printed. */
export function asTyped(io: Io, text: string): string {
  return text.replace(CALL, `${programWord(io)} `);
}

const TYPED = new RegExp(
  `(?<![\\w/.-])(?:bayescnn (?:--help|${COMMANDS.join('|')})|npm|mlflow|tensorboard) [\\w-]`,
);

/** Whether a line tells something to type. */
export function holdsCommand(line: string): boolean {
  return TYPED.test(`${line} -`);
}
