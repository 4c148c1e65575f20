import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Checkout } from './checkout.js';
import { readPage } from './pages.js';
import { Terminal } from './terminal.js';
import { patternOf, transcriptOf } from './transcript.js';

const checkout = new Checkout();
beforeAll(async () => {
  checkout.ship();
  await checkout.run(['data', 'synth', 'my-cifar.tar.gz', '--train', '1', '--test', '1']);
});
afterAll(() => checkout.remove());

/** Looks for its archive on the web, which a test must neither find nor miss; see tests/unit/data/fetch. */
const DOWNLOADS = 'npx bayescnn train --config configs/smoke-cnn.json';

const transcript = transcriptOf(readPage('docs/first-minutes.md').blocks);

describe('the transcript of the first minutes', () => {
  it('is found', () => {
    expect(transcript.map(({ command }) => command)).toContain(DOWNLOADS);
    expect(transcript.filter(({ output }) => output !== undefined).length).toBeGreaterThan(6);
  });

  it('matches no other text', () => {
    const pattern = patternOf('NLL 0.31\n...\nepochs ... done\n');
    expect('NLL 0.31\nepochs: 3 done\n').toMatch(pattern);
    expect('NLL 0.31\na\nb\nepochs done\n').toMatch(pattern);
    expect('NLL 0.32\nepochs: 3 done\n').not.toMatch(pattern);
    expect('NLL 0.31\nepochs: 3 done\nmore\n').not.toMatch(pattern);
  });

  // In order: a command uses the runs of those before it.
  it.each(transcript.filter(({ command }) => command !== DOWNLOADS))(
    '$where: $command',
    async ({ command, output }) => {
      const { calls } = checkout.type(command);
      expect(calls).toHaveLength(1);
      const terminal = new Terminal();
      const code = await checkout.runIn(terminal, calls[0] as string[]);
      expect(code === 0).toBe(output?.includes('error:') !== true);
      if (output !== undefined) expect(terminal.text).toMatch(patternOf(output));
    },
  );
});
