import type { Command, CommandUnknownOpts } from '@commander-js/extra-typings';
import { buildProgram } from '../../src/cli/program.js';
import { FakeIo } from '../unit/cli/fake-io.js';

/** A command of the program, e.g. `data fetch`. */
export interface Leaf {
  name: string;
  command: CommandUnknownOpts;
}

const isHidden = (command: CommandUnknownOpts): boolean =>
  (command as unknown as { _hidden: boolean })._hidden;

function leavesOf(command: CommandUnknownOpts, above: string[]): Leaf[] {
  return command.commands
    .filter((child) => !isHidden(child))
    .flatMap((child) => {
      const name = [...above, child.name()];
      return child.commands.length > 0 ? leavesOf(child, name) : [{ name: name.join(' '), command: child }];
    });
}

/** Every command of the program that users may call. */
export const leaves = (program: Command = buildProgram(new FakeIo())): Leaf[] => leavesOf(program, []);

/** The long flags of a command, without `--help`. */
export const flagsOf = ({ command }: Leaf): string[] => command.options.flatMap(({ long }) => long ?? []);

/** The command that words name, and how it reads them; nothing runs. */
export interface Parsed extends Leaf {
  args: readonly string[];
  options: Record<string, unknown>;
}

/**
 * Reads words as the program does.
 * @throws what the program prints, where it refuses them
 */
export async function parse(words: readonly string[]): Promise<Parsed> {
  const io = new FakeIo();
  const program = buildProgram(io);
  let parsed: Parsed | undefined;
  for (const leaf of leaves(program)) {
    leaf.command.action(() => {
      parsed = { ...leaf, args: leaf.command.args, options: leaf.command.opts() };
    });
  }
  try {
    await program.parseAsync(['node', 'bayescnn', ...words]);
  } catch (error) {
    throw new Error(`bayescnn ${words.join(' ')}: ${io.err || (error as Error).message}`);
  }
  if (parsed === undefined) throw new Error(`bayescnn ${words.join(' ')}: names no command`);
  return parsed;
}

/** The lines below `Examples:` in the help of every command. */
export async function helpExamples(): Promise<string[]> {
  const examples: string[] = [];
  for (const { name } of [{ name: '' }, { name: 'data' }, ...leaves()]) {
    const io = new FakeIo();
    await buildProgram(io)
      .parseAsync(['node', 'bayescnn', ...name.split(' ').filter(Boolean), '--help'])
      .catch(() => undefined);
    examples.push(...[...io.out.matchAll(/^ {2}(bayescnn .*)$/gm)].map(([, line]) => line as string));
  }
  return [...new Set(examples)];
}
