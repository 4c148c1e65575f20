import type { Command } from '@commander-js/extra-typings';

/**
 * How to say a setting that was typed as a flag: `--epochs 3` is `--set train.epochs=3`.
 * @param words of the command line, from the command's name on
 * @param message commander's, of the flag that it does not know
 * @returns undefined where the command has no `--set`, or no setting has that name
 */
export async function settingHint(
  program: Command,
  words: readonly string[],
  message: string,
): Promise<string | undefined> {
  const [, flag] = /unknown option '(--[^'=]+)/.exec(message) ?? [];
  const command = program.commands.find((child) => child.name() === words[0]);
  if (flag === undefined || !command?.options.some(({ long }) => long === '--set')) return undefined;
  const { keysAt, settingPaths } = await import('../config/settings.js');
  const plain = (name: string): string => name.replace(/[^a-z0-9]/gi, '').toLowerCase();
  const paths = settingPaths().filter(
    (path) => keysAt(path.split('.')).length === 0 && plain(path.split('.').at(-1) as string) === plain(flag),
  );
  if (paths.length === 0) return undefined;
  const value = typedValue(flag, words) ?? 'VALUE';
  return paths.map((path) => `--set ${path}=${value}`).join(' or ');
}

/** What was typed as the flag's value, `--flag=value` or `--flag value`. */
function typedValue(flag: string, words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = words[at] as string;
  if (word !== flag) return word.slice(flag.length + 1);
  const next = words[at + 1];
  return next === undefined || next.startsWith('-') ? undefined : next;
}
