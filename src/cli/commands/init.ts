import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { BayescnnError } from '../../errors.js';
import type { Io } from '../io.js';
import { assignment } from '../options.js';
import { columns } from '../output-format.js';
import { runCommand, subcommand } from '../run-command.js';

const EXAMPLES = `
Examples:
  bayescnn init
  bayescnn init my-cnn.jsonc --preset cnn
  bayescnn init wide-prior.jsonc --preset bayes-all --set model.prior.sigma=0.5 --set train.epochs=40
`;

const DEFAULT_FILE = 'experiment.jsonc';

/** `bayescnn init`. */
export function addInit(program: Command, io: Io): void {
  subcommand(program, 'init')
    .description('write a config file in which comments explain every setting')
    .argument('[file]', 'file to write; it must not exist', DEFAULT_FILE)
    .option('--preset <name>', 'config to start from, one that comes with bayescnn', 'bayes-all')
    .option('--set <path=value>', 'set one setting; may be repeated', assignment)
    .option('--json', 'print one JSON document on stdout, all else on stderr')
    .option('--quiet', 'print warnings and the result only')
    .addHelpText('after', EXAMPLES)
    .action((file, { preset, set = [], ...mode }) =>
      runCommand(io, mode, async ({ output }) => {
        const text = await configText(file, preset, set);
        await writeNew(file, text);
        const report = { file: path.resolve(file), preset };
        output.result(
          report,
          columns([
            ['written', file],
            ['next', `bayescnn train --config ${file}`],
          ]),
        );
      }),
    );
}

async function configText(file: string, preset: string, overrides: readonly string[]): Promise<string> {
  const { commentedConfig, loadConfig, shippedConfigs } = await import('../../config/index.js');
  const names = shippedConfigs();
  if (!names.includes(preset)) {
    const { didYouMean } = await import('../../nearest.js');
    throw new BayescnnError(
      'usage',
      `--preset: expected a config that comes with bayescnn, got ${JSON.stringify(preset)}${didYouMean(preset, names)}`,
      { hint: `one of ${names.join(', ')}` },
    );
  }
  const name = path.basename(file).replace(/\.jsonc?$/, '');
  const own = [`name=${JSON.stringify(name)}`, `notes=${JSON.stringify(`Started from ${preset}.`)}`];
  return commentedConfig(await loadConfig(preset, [...own, ...overrides]), await schemaPath(file));
}

/** Where editors find the schema, as seen from the config's folder. */
async function schemaPath(file: string): Promise<string> {
  const { packageRoot } = await import('../../results/index.js');
  const schema = path.join(packageRoot(), 'schema', 'config.schema.json');
  const relative = path.relative(path.dirname(path.resolve(file)), schema).replaceAll('\\', '/');
  return relative.startsWith('.') || path.isAbsolute(relative) ? relative : `./${relative}`;
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'EEXIST') throw cause;
    throw new BayescnnError('usage', `init: ${file} must not exist yet, got a file of that name`, {
      hint: 'name another file: bayescnn init other.jsonc',
      cause,
    });
  }
}
