import { CommanderError } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { type Io, processIo } from './io.js';
import { nextSteps } from './next-steps.js';
import { buildProgram } from './program.js';
import { reportError } from './report-error.js';

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
  return runProgram(buildProgram(io), argv, io);
}

/** Runs a program and turns whatever it throws into one message and an exit code. */
export async function runProgram(program: Parser, argv: readonly string[], io: Io): Promise<number> {
  try {
    await program.parseAsync(argv);
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOf(error);
    return reportError(io, error);
  }
}

/** Commander has printed its message, or the help that was asked for, by now. */
function exitCodeOf(error: CommanderError): number {
  return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
}
