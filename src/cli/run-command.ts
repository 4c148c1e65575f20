import type { Command } from '@commander-js/extra-typings';
import { interruptible } from './interrupt.js';
import type { Io } from './io.js';
import type { Output, OutputOptions } from './output.js';

/** What a command's work is given. */
export interface CommandContext {
  readonly output: Output;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Runs a command's work with its output and its signal, and leaves the terminal clean. */
export async function runCommand(
  io: Io,
  options: OutputOptions,
  work: (context: CommandContext) => Promise<void>,
): Promise<void> {
  // Loaded here, so that --help does without.
  const { Output } = await import('./output.js');
  const output = new Output(io, options);
  try {
    await interruptible(io, output, (signal) => work({ output, signal }));
  } finally {
    output.close();
  }
}

/** A sub-command whose usage errors end with where to read on. */
export function subcommand(parent: Command, name: string): Command {
  const path = parent.parent === null ? parent.name() : `${parent.parent.name()} ${parent.name()}`;
  // Without arguments in its name, a command starts with no arguments and no options.
  const command = parent.command(name) as Command;
  return command.showHelpAfterError(`  try: ${path} ${name} --help`);
}
