import path from 'node:path';
import type { Argument, Command, Option } from 'commander';

/** A word that may stand at the cursor, and what it means. */
export interface Candidate {
  word: string;
  description: string;
}

/** What may stand at the cursor; `paths` asks the shell to add files or folders of its own. */
export interface Candidates {
  words: Candidate[];
  paths: 'files' | 'folders' | 'none';
}

const NONE: Candidates = { words: [], paths: 'none' };

/**
 * What may stand at the cursor.
 * @param words those after the program's name, up to the cursor; the last one, maybe empty, is being typed
 */
export async function candidates(program: Command, words: readonly string[]): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const { command, operands, pending } = walk(program, words.slice(0, -1));
  if (pending !== undefined) return filtered(await valuesOf(pending, current), current);
  const equals = /^(--[^=]+)=(.*)$/.exec(current);
  if (equals) return withFlag(command, equals[1], equals[2]);
  if (current.startsWith('-')) return filtered({ words: optionWords(command), paths: 'none' }, current);
  const subcommands = command.commands.filter((sub) => !isHidden(sub));
  if (subcommands.length > 0 && operands === 0) {
    const help = { word: 'help', description: 'show the help of a command' };
    return filtered({ words: [...subcommands.map(commandWord), help], paths: 'none' }, current);
  }
  const argument = argumentAt(command, operands);
  return argument === undefined ? NONE : filtered(await valuesOf(argument, current), current);
}

/** Where the words before the cursor have led: to a command, some operands, and an option that waits for its value. */
function walk(program: Command, words: readonly string[]) {
  let command = program;
  let operands = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) pending = word.includes('=') ? undefined : taking(command, word);
    else {
      const sub = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      if (sub === undefined) operands++;
      else command = sub;
    }
  }
  return { command, operands, pending };
}

/** The option of that flag, if it needs a value. */
function taking(command: Command, flag: string): Option | undefined {
  return command.options.find((option) => option.required && (option.long === flag || option.short === flag));
}

/** The argument after so many operands; the last one may be given many times. */
function argumentAt({ registeredArguments: all }: Command, operands: number): Argument | undefined {
  return all[operands] ?? (all.at(-1)?.variadic ? all.at(-1) : undefined);
}

async function withFlag(command: Command, flag: string, value: string): Promise<Candidates> {
  const option = taking(command, flag);
  if (option === undefined) return NONE;
  const { words, paths } = filtered(await valuesOf(option, value), value);
  return { words: words.map(({ word, description }) => ({ word: `${flag}=${word}`, description })), paths };
}

function filtered({ words, paths }: Candidates, current: string): Candidates {
  return { words: words.filter(({ word }) => word.startsWith(current)), paths };
}

function optionWords(command: Command): Candidate[] {
  const own = command.options.filter((option) => !option.hidden && option.long);
  const words = own.map((option) => ({ word: String(option.long), description: option.description }));
  return [...words, { word: '--help', description: 'show help' }];
}

function commandWord(command: Command): Candidate {
  return { word: command.name(), description: command.description() };
}

/** Commander keeps no public sign of it. */
function isHidden(command: Command): boolean {
  return command.name().startsWith('__');
}

/** What a value may be, by its choices or by the name that help gives it. */
async function valuesOf(place: Option | Argument, current: string): Promise<Candidates> {
  if (place.argChoices) return { words: plain(place.argChoices), paths: 'none' };
  const name = 'flags' in place ? (/<([^>.]+)/.exec(place.flags)?.[1] ?? '') : place.name();
  const flag = 'flags' in place ? place.long : undefined;
  if (flag === '--config') return { words: await configWords(), paths: 'files' };
  if (flag === '--preset') return { words: await configWords(), paths: 'none' };
  if (flag === '--checkpoint') return { words: plain(['best', 'last']), paths: 'files' };
  if (flag === '--set') return { words: await settingWords(current), paths: 'none' };
  if (flag === '--resume' || /^runs?$/.test(name)) return { words: await runWords(), paths: 'folders' };
  if (name === 'dir') return { words: [], paths: 'folders' };
  return { words: [], paths: /^(file|images?|python)$/.test(name) ? 'files' : 'none' };
}

const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word, description: '' }));

async function configWords(): Promise<Candidate[]> {
  const { shippedConfigs } = await import('../../config/index.js');
  return shippedConfigs().map((word) => ({ word, description: 'a config that comes with bayescnn' }));
}

async function runWords(): Promise<Candidate[]> {
  const { runNames } = await import('../../results/index.js');
  return plain(runNames('results').map((name) => path.join('results', name)));
}

/** `path=` of every setting; behind the `=`, the texts that it may have. */
async function settingWords(current: string): Promise<Candidate[]> {
  const { choicesAt, settingPaths } = await import('../../config/index.js');
  const equals = current.indexOf('=');
  if (equals === -1) return plain(leaves(settingPaths()).map((setting) => `${setting}=`));
  const setting = current.slice(0, equals);
  return plain(choicesAt(setting.split('.')).map((value) => `${setting}=${value}`));
}

/** Without those that have others below them; parents come before their children. */
function leaves(paths: readonly string[]): string[] {
  return paths.filter((setting, i) => !paths[i + 1]?.startsWith(`${setting}.`));
}
