import { Argument, type Command } from '@commander-js/extra-typings';
import { SCRIPTS, SHELLS } from '../completion/scripts.js';
import type { Io } from '../io.js';
import { subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn completion bash > ~/.local/share/bash-completion/completions/bayescnn
  bayescnn completion zsh > "\${fpath[1]}/_bayescnn"
  bayescnn completion fish > ~/.config/fish/completions/bayescnn.fish
  source <(bayescnn completion bash)

The last line is for the present shell alone. Completion needs bayescnn on the PATH: npm install --global bayescnn.
`;

/** `bayescnn completion`, and the hidden command that its scripts ask. */
export function addCompletion(program: Command, io: Io): void {
  subcommand(program, 'completion')
    .description('print a script that completes commands, flags, settings and runs')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action((shell) => {
      io.stdout.write(SCRIPTS[shell]);
    });
  (program.command('__complete', { hidden: true }) as Command)
    .argument('[words...]')
    .action(async (words) => {
      const { candidates } = await import('../completion/candidates.js');
      const found = await candidates(program as never, words.length === 0 ? [''] : words);
      const lines = found.words.map(({ word, description }) => `${word}\t${description}`);
      io.stdout.write([...lines, `:${found.paths}`].map((line) => `${line}\n`).join(''));
    });
}
