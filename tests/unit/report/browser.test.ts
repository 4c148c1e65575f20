import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { THEMES } from '../../../src/report/figures/theme.js';
import { makeReport } from '../../../src/report/index.js';
import { chromium } from '../../cli/browser.js';
import { madeUpReport } from './made-up-report.js';

if (chromium === undefined) console.info('no Chromium in PATH: the report is not looked at in a browser');

const directory = mkdtempSync(path.join(tmpdir(), 'bayescnn-browser-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Measured {
  /** Of the page, and of its window. */
  width: number;
  window: number;
  paper: string;
  /** The first line of a plot. */
  line: string;
  /** Right edges of plots that reach beyond the window. */
  beyond: number[];
}

/** Runs inside a page around the report, since the report's own policy allows no script. */
const MEASURE = `
const frame = document.querySelector('iframe');
frame.onload = () => {
  const page = frame.contentDocument, view = frame.contentWindow;
  const edges = [...page.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().right);
  document.body.textContent = JSON.stringify({
    width: page.documentElement.scrollWidth,
    window: view.innerWidth,
    paper: view.getComputedStyle(page.body).backgroundColor,
    line: view.getComputedStyle(page.querySelector('svg [stroke="var(--c1)"]')).stroke,
    beyond: edges.filter((edge) => edge > view.innerWidth),
  });
};
frame.srcdoc = PAGE;
`;

async function look(page: string, width: number, theme: keyof typeof THEMES): Promise<Measured> {
  const file = path.join(directory, `${theme}-${width}.html`);
  const data = JSON.stringify(page).replaceAll('<', '\\u003c');
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><body><iframe style="width:${width}px;height:800px;border:0"></iframe><script>const PAGE=${data};${MEASURE}</script>`,
  );
  const { stdout } = await promisify(execFile)(
    chromium as string,
    [
      ...[
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        `--user-data-dir=${path.join(directory, 'profile')}`,
      ],
      ...[`--blink-settings=preferredColorScheme=${theme === 'dark' ? 0 : 1}`, '--window-size=1600,900'],
      ...['--virtual-time-budget=5000', '--dump-dom', `file://${file}`],
    ],
    { maxBuffer: 1 << 26 },
  );
  return JSON.parse(stdout.slice(stdout.indexOf('{"width"'), stdout.lastIndexOf('}') + 1)) as Measured;
}

/** `rgb(1, 2, 3)` of #010203. */
function rgb(colour: string): string {
  return `rgb(${[1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(', ')})`;
}

describe.skipIf(chromium === undefined)('in a browser', () => {
  const long = 'a-run-with-a-name-that-is-longer-than-what-a-telephone-has-room-for-in-one-line';
  const report = makeReport(
    madeUpReport([
      { name: 'plain', behaviour: { skill: 1.5 }, noise: 0, evaluated: true },
      { name: long, behaviour: { skill: 2 }, noise: 100, bayesian: true, evaluated: true },
    ]),
  );

  it.each([
    [400, 'light'],
    [400, 'dark'],
    [1400, 'light'],
    [1400, 'dark'],
  ] as const)('fits %i pixels in the %s theme, in its colours', async (width, theme) => {
    const seen = await look((await report).html, width, theme);
    expect(seen.window).toBe(width);
    expect(seen.width).toBeLessThanOrEqual(width);
    expect(seen.beyond).toEqual([]);
    expect(seen.paper).toBe(rgb(THEMES[theme].paper));
    expect(seen.line).toBe(rgb(THEMES[theme].c1));
  });
});
