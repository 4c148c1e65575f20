import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { overridesOf } from '../../src/cli/commands/train.js';
import { loadConfig, loadSweep } from '../../src/config/index.js';
import { Checkout } from './checkout.js';
import { guides, readPage } from './pages.js';
import { helpExamples, parse } from './program.js';
import { documentedCommands } from './shell.js';
import { ADDED, addedTo, NOT_RUN, reasonNotToRun } from './tiny.js';

const checkout = new Checkout();
beforeAll(() => checkout.fill());
afterAll(() => checkout.remove());

const commands = documentedCommands();
const examples = (await helpExamples()).map((text) => text.replace(/ > .*/, ''));

/** Reads words as the program does, and the config that they name as the package has it, with their overrides. */
async function check(words: readonly string[]): Promise<void> {
  const { name, options } = await parse(words);
  const { config } = options as { config?: string };
  // A run's own config is there once the command is run.
  if (config === undefined || config.startsWith('results/')) return;
  if (name === 'sweep') await loadSweep(config);
  else await loadConfig(config, overridesOf(options));
}

const callsBayescnn = (command: string): boolean => /\bbayescnn(?= [a-z]|$)/.test(command);
const fine = { code: 0, said: expect.any(String) };

describe('the commands of the pages', () => {
  it('are found', () => {
    expect(commands.filter(({ text }) => callsBayescnn(text)).length).toBeGreaterThan(25);
  });

  it('would not do with a flag, a setting or a config that is not there', async () => {
    await expect(check(['eval', 'results/cnn', '--smaples', '3'])).rejects.toThrow('did you mean --samples?');
    const train = ['train', '--config', 'configs/cnn.json'];
    await expect(check([...train, '--set', 'train.epoch=3'])).rejects.toThrow('train.epochs');
    await expect(check(['train', '--config', 'configs/cn.json'])).rejects.toThrow('configs/cn.json');
  });

  // In the order of reading: a command may use the runs of those before it.
  it.each(commands)('$where: $text', async ({ text }) => {
    const reason = reasonNotToRun(text);
    if (reason !== undefined && !callsBayescnn(text)) return;
    const { calls, ...typed } = checkout.type(text);
    expect(typed).toEqual(fine);
    expect(calls).toHaveLength(callsBayescnn(text) ? 1 : 0);
    for (const words of calls) {
      // Without words the program tells what to do next.
      if (words.length > 0) await check(words);
      if (reason === undefined) expect(await checkout.run([...words, ...addedTo(text)])).toEqual(fine);
    }
  });

  it('have no exception that none of them needs', () => {
    const needed = (pattern: RegExp) => commands.some(({ text }) => pattern.test(text));
    expect([...ADDED, ...NOT_RUN].filter(([pattern]) => !needed(pattern))).toEqual([]);
  });
});

describe('the examples of --help', () => {
  it('are found', () => {
    expect(examples.length).toBeGreaterThan(30);
  });

  it.each(examples)('%s', async (text) => {
    const { calls, ...typed } = checkout.type(text);
    expect(typed).toEqual(fine);
    expect(calls).toHaveLength(1);
    await check(calls[0] as string[]);
  });
});

describe('other blocks of the pages', () => {
  const blocks = guides.flatMap((page) => readPage(page).blocks);

  it.each(blocks.filter(({ language }) => language === 'js'))('$where runs', ({ text }) => {
    // A file of that name comes before the config that the package has.
    checkout.type('cp configs/quickstart.json quickstart');
    expect(checkout.script(text)).toEqual(fine);
  });

  it('are in languages that a test knows of', () => {
    // Python needs numpy; TypeScript is quoted, see extending.test.ts.
    const known = ['sh', '', 'js', 'ts', 'python', 'text'];
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  });
});
