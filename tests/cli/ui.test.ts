import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockRun } from '../../src/results/index.js';
import { addEpoch, madeUpFolder } from '../unit/runs/tracked.js';
import { chromium, Page } from './browser.js';
import { run, scratch, sharedCache, start, tinyTraining } from './command.js';

if (chromium === undefined)
  console.info('no Chromium in PATH: the page of `ui` is not looked at in a browser');

const { directory, remove } = scratch();
afterAll(remove);
const options = { cache: sharedCache };
const results = path.join(directory, 'results');
mkdirSync(results);

/** Starts `ui` on the results, and reads its address. */
async function serve() {
  const running = start(['ui', results, '--json'], options);
  let text = '';
  running.process.stdout?.on('data', (chunk: string) => {
    text += chunk;
  });
  await running.printed(/\n}\n/);
  return { ...running, url: (JSON.parse(text) as { url: string }).url };
}

const cell = (name: string) =>
  `[...document.querySelectorAll('#runs tbody tr')].find((row) => row.querySelector('input').value === '${name}')?.querySelector('.state').textContent`;

/** A browser and a training at once: on busy cores they take their time, milliseconds. */
const LIMIT = 240_000;

describe('ui', () => {
  it.skipIf(chromium === undefined)(
    'follows runs in a browser without loading again',
    { timeout: LIMIT },
    async () => {
      const served = await serve();
      const page = await Page.start(path.join(directory, 'profile'));
      try {
        await page.open(served.url);
        await page.until(`document.body?.textContent.includes('There are no runs here yet')`);
        await page.value('globalThis.same = true');

        // A run that is trained in step by step.
        const folder = await madeUpFolder(results, 'made-up');
        await page.until(`${cell('made-up')} === 'stopped, epoch 0 of 3'`);
        const lock = await lockRun(folder.path);
        await page.until(`${cell('made-up')} === 'epoch 0 of 3'`);
        await addEpoch(folder, 1);
        await page.until(`${cell('made-up')} === 'epoch 1 of 3, about 6 s left'`);
        for (const id of [
          'training-train-loss',
          'training-predictive-entropy',
          'printed-loss',
          'snr-made-up',
        ])
          expect(await page.value(`document.querySelector('#${id} svg') !== null`), id).toBe(true);
        expect(await page.value(`document.querySelector('progress').value`)).toBe(1);
        // What the reader has opened stays open while its numbers change.
        const fold = `document.querySelector('#training-ece details')`;
        await page.value(`${fold}.open = true`);
        await addEpoch(folder, 2);
        await page.until(`${fold}.textContent.includes('0.0625')`);
        expect(await page.value(`${fold}.open`)).toBe(true);
        await lock.release();

        // A training of its own process.
        const trained = await run(tinyTraining(results, '--name', 'cnn', '--quiet'), options);
        expect(trained.code, trained.stderr).toBe(0);
        await page.until(`${cell('cnn')} === 'ended, epoch 2 of 2'`);
        await page.until(`document.querySelector('#reliability-cnn svg')`);
        expect(
          await page.value(`document.querySelectorAll('#training-test-nll [stroke-width="2"]').length`),
        ).toBe(2);

        // One run alone, and back to where the reader was.
        await page.value(`document.querySelector('input[value=made-up]').focus()`);
        await page.value(`document.querySelector('input[value=made-up]').click()`);
        await page.until(`document.querySelectorAll('#training-test-nll [stroke-width="2"]').length === 1`);
        expect(await page.value('[location.search, document.activeElement.value]')).toEqual([
          '?run=cnn',
          'made-up',
        ]);
        for (const [width, ground] of [
          [400, 'light'],
          [1400, 'dark'],
        ] as const) {
          await page.resize(width);
          expect(await page.value('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          expect(await page.barriers(ground)).toEqual([]);
        }
        expect(await page.value('document.getAnimations().length')).toBe(0);
        await page.value('document.body.append(new Image())');
        expect(await page.barriers('light')).toContainEqual(['image-alt', ['<img>']]);

        expect(await page.value('globalThis.same')).toBe(true);
        expect(
          page.requests.filter((url) => !/^(about|data):/.test(url) && !url.startsWith(served.url)),
        ).toEqual([]);
        expect(page.errors).toEqual([]);
        served.process.kill('SIGINT');
        expect((await served.finished).code).toBe(0);
        await page.until(`document.querySelector('#state').textContent.startsWith('the server has stopped')`);
      } finally {
        await page.close();
        served.process.kill('SIGKILL');
      }
    },
  );

  it('refuses what is no folder, and ports that cannot be had', async () => {
    for (const [args, message] of [
      [[path.join(directory, 'none')], /expected a run folder, got nothing there/],
      [[results, '--port', '65536'], /--port.*whole number from 0 to 65535/],
    ] as const) {
      const { code, stdout, stderr } = await run(['ui', ...args], options);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
    }
  });
});
