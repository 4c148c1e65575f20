import type { Command } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { Io } from '../io.js';
import { subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn ui results
  bayescnn ui results/cnn results/bayes-all
  bayescnn ui results --port 8000

Ctrl-C ends it.
`;

/** `bayescnn ui`. */
export function addUi(program: Command, io: Io): void {
  subcommand(program, 'ui')
    .description('follow runs in the browser, on a page that this machine alone can reach')
    .argument('<runs...>', 'run folders, or folders of runs, where new ones appear')
    .option('--port <n>', 'port of 127.0.0.1; 0: any free one', port, 0)
    .option('--json', 'print one JSON document with the address on stdout')
    .addHelpText('after', EXAMPLES)
    .action(async (runs, options) => {
      const { serveUi } = await import('../../runs/ui/server.js');
      const { Output } = await import('../output.js');
      const server = await serveUi({ runs, port: options.port });
      // Ctrl-C is how it is meant to end.
      const ended = new Promise<void>((resolve) => {
        const remove = io.onSignal(() => {
          remove();
          resolve();
        });
      });
      const { url } = server;
      new Output(io, options).result({ url, port: server.port }, `${url}\n(Ctrl-C ends it)`);
      await ended;
      await server.close();
    });
}

function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 65_535) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}
