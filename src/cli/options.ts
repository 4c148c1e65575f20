import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';

/** Reads a whole number of at least `minimum`. */
export function wholeNumber(minimum: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}.`);
  };
}

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Reads `a,b,c`; no entry may be empty. */
export function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) =>
    text.split(',').map((entry) => {
      if (entry.trim() === '')
        throw new InvalidArgumentError('It must be a list such as a,b without empty entries.');
      return parse(entry.trim());
    });
}

/** Reads a sha256 of 64 hexadecimal digits, as `sha256sum` prints it. */
export function sha256(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be 64 hexadecimal digits.');
}

/** Collects a repeatable `path=value`. */
export function assignment(text: string, before: string[] = []): string[] {
  if (/^[^=]+=/.test(text)) return [...before, text];
  throw new InvalidArgumentError('It must be path=value, e.g. train.epochs=5.');
}

/** Collects a repeatable text. */
export const collected = (text: string, before: string[] = []): string[] => [...before, text];

/** `--backend`, the same for every command. */
export function backendOption() {
  return new Option('--backend <name>', 'engine to run on').choices([
    'auto',
    'simd',
    'tensorflow',
    'webgpu',
    'cpu',
  ] as const);
}

/** `--by`, the same where groups of runs are compared. */
export function groupsOption() {
  return new Option('--by <what>', 'what makes runs one group')
    .choices(['config', 'run'] as const)
    .default('config' as const);
}

/** What `evaluationOptions` reads. */
export interface EvaluationOptions {
  archive?: string | undefined;
  sha256?: string | undefined;
  backend?: 'auto' | 'simd' | 'tensorflow' | 'webgpu' | 'cpu' | undefined;
  threads?: number | undefined;
  json?: true | undefined;
  quiet?: true | undefined;
}

/** The last options of a command that evaluates stored runs: where its images are, the engine, the output. */
export function evaluationOptions<Args extends unknown[], Own extends OptionValues>(
  command: Command<Args, Own>,
  archive: string,
): Command<Args, Own & EvaluationOptions> {
  // Without its own options in the type: the compiler gives up on what it would have to write out.
  (command as unknown as Command)
    .option('--archive <file>', archive)
    .option('--sha256 <hex>', 'the checksum that the archive must have', sha256)
    .addOption(backendOption())
    .option('--threads <n>', 'engine threads; 0: one a core', wholeNumber(0))
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only');
  return command as unknown as Command<Args, Own & EvaluationOptions>;
}
