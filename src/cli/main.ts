import { CommanderError } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { type Io, processIo } from './io.js';
import { nextSteps } from './next-steps.js';
import { buildProgram } from './program.js';
import { reportError } from './report-error.js';
import { settingHint } from './setting-hint.js';

/** The part of a commander program that `runProgram` needs. */
interface Parser {
  parseAsync(argv: readonly string[]): Promise<unknown>;
}

/**
 * The command line; without arguments it tells what there is and what to do next.
 * @param argv as `process.argv`: node, the script, then the arguments
 * @returns the exit code: 0 done, 1 failure, 2 usage or config, 3 data, 4 engine, 130 interrupted
 */
export function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  if (argv.slice(2).every((word) => word === '--plain'))
    return runProgram({ parseAsync: () => nextSteps(io) }, argv, io);
  const program = buildProgram(io);
  return runProgram(program, argv, io, ({ code, message }) =>
    code === 'commander.unknownOption' ? settingHint(program, argv.slice(2), message) : undefined,
  );
}

/** What else to try after an error that commander has printed. */
type Hint = (error: CommanderError) => Promise<string | undefined> | undefined;

/** Runs a program and turns whatever it throws into one message and an exit code. */
export async function runProgram(
  program: Parser,
  argv: readonly string[],
  io: Io,
  hintAt?: Hint,
): Promise<number> {
  try {
    await program.parseAsync(argv);
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(io, error);
    const hint = await hintAt?.(error);
    if (hint !== undefined) io.stderr.write(`  or: ${hint}\n`);
    return exitCodeOf(error);
  }
}

/** Commander has printed its message, or the help that was asked for, by now. */
function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
}
