import { describe, expect, it } from 'vitest';
import { answerOf } from '../../../src/report/answer.js';
import { THEMES } from '../../../src/report/figures/theme.js';
import { GENERATOR, makeReport } from '../../../src/report/index.js';
import { html, rawHtml } from '../../../src/report/page/html.js';
import { htmlTable } from '../../../src/report/page/tables.js';
import { madeUpReport } from './made-up-report.js';

const plain = { name: 'plain', behaviour: { skill: 1.5, sharpness: 2 }, noise: 0 };
const bayes = { name: 'bayes', behaviour: { skill: 2 }, noise: 100, bayesian: true };
const input = madeUpReport([plain, bayes]);
const report = await makeReport(input);

describe('templates', () => {
  it('escape everything but HTML of their own', () => {
    const name = `<b a="1" c='2'>&\u0000`;
    expect(
      html`<p title="${name}">${[html`<i>${name}</i>`, 'x<', 3, null, false]}${rawHtml('<hr>')}</p>`.text,
    ).toBe(
      '<p title="&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\ufffd"><i>&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\ufffd</i>x&lt;3<hr></p>',
    );
  });

  it('set tables with heads for rows and columns', () => {
    const { text } = htmlTable(
      [
        ['', 'a'],
        ['x', '1'],
      ],
      'Things',
    );
    expect(text).toContain('<th scope="col">a</th>');
    expect(text).toContain('<th scope="row">x</th><td>1</td>');
    expect(text).toContain('aria-label="Things" tabindex="0"');
  });
});

describe('the answer', () => {
  const { comparisons, groups } = input.comparison;

  it('says what the Bayesian model buys and costs, with numbers', () => {
    const answer = answerOf(comparisons[0], groups);
    expect(answer).toMatchObject({ base: 'plain', other: 'bayes', bayesian: true });
    expect(answer.buys.find((line) => line.startsWith('accuracy'))).toMatch(
      /^accuracy \d+\.\d\d ± \d\.\d\d → \d+\.\d\d ± \d\.\d\d % \(\+\d+\.\d\d points\)$/,
    );
    expect(answer.costs).toEqual([
      'training: 1.0 times the time (10.0 ± 0.0 → 10.0 ± 0.0 s)',
      'each prediction: 1 forward pass (1 forward pass before)',
      'numbers to train and store: 1.0 times as many (62,006 → 62,006)',
    ]);
  });

  it('is the same whichever of the two comes first', () => {
    const turned = madeUpReport([bayes, plain]).comparison;
    const answer = answerOf(turned.comparisons[0], turned.groups);
    expect(answer).toMatchObject({ base: 'plain', other: 'bayes', bayesian: true });
    expect(answer).toEqual({
      ...answerOf(comparisons[0], groups),
      // A permutation test draws anew, so only what is certain either way is the same sentence.
      verdict: turned.comparisons[0].verdict,
    });
    expect(answer.buys.some((line) => line.startsWith('accuracy'))).toBe(true);
  });

  it('claims nothing for a copy', () => {
    const copies = madeUpReport([plain, { ...plain, name: 'again', bayesian: true }]).comparison;
    const answer = answerOf(copies.comparisons[0], copies.groups);
    expect(answer.verdict).toMatch(/^No significant difference/);
    expect(answer.buys).toEqual([]);
    expect(answer.costs).toHaveLength(3);
    expect(answer.open).toHaveLength(5);
  });
});

describe('the page', () => {
  it('answers first, in words', () => {
    expect(report.html).toContain('<h1>What does making the CNN Bayesian buy, and what does it cost?</h1>');
    const order = [
      'What it buys',
      'What it costs',
      'id="numbers"',
      'id="training"',
      'id="tests"',
      'id="runs"',
    ];
    const places = order.map((text) => report.html.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(report.html).toContain(input.comparison.comparisons[0].verdict);
  });

  it('is one file: no scripts, nothing loaded, and says so to the browser', () => {
    expect(report.html).not.toMatch(/<script|javascript:|\son\w+=|<link|@import|<iframe/i);
    const addresses = [...report.html.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')]+)/g)].map(
      ([, at]) => at,
    );
    expect(addresses.filter((at) => !at.startsWith('#') && !at.startsWith('data:'))).toEqual([]);
    expect(report.html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(report.html).toContain(GENERATOR);
  });

  it('is balanced, with links and labels that lead somewhere', () => {
    for (const tag of ['section', 'figure', 'table', 'details', 'div', 'svg', 'p', 'ul'])
      expect(report.html.match(new RegExp(`<${tag}[ >]`, 'g'))?.length, tag).toBe(
        report.html.match(new RegExp(`</${tag}>`, 'g'))?.length,
      );
    const ids = [...report.html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of report.html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
    for (const [, targets] of report.html.matchAll(/aria-labelledby="([^"]+)"/g))
      for (const target of targets.split(' ')) expect(ids).toContain(target);
    const figures = report.html.match(/<figure /g)?.length;
    expect(figures).toBe(report.figures.length);
    expect(report.html.match(/<svg role="img"/g)?.length).toBe(figures);
    expect(report.html.match(/<summary>Numbers<\/summary>/g)?.length).toBe(figures);
  });

  it('has equal bytes for equal input', async () => {
    expect((await makeReport(madeUpReport([plain, bayes]))).html).toBe(report.html);
  });

  it('shows names and notes as text, whatever they are', async () => {
    const evil = `</title><script>alert(1)</script><img src=x onerror='a()'>"&`;
    const { html: page, figures } = await makeReport(
      madeUpReport([{ ...plain, name: evil, notes: evil }, bayes, { ...bayes, name: `${evil}!` }]),
    );
    expect(page).not.toMatch(/<script|<img|<\/title><s/);
    expect(page).toContain('&lt;/title&gt;&lt;script&gt;');
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id } of figures) expect(id).toMatch(/^[a-z0-9-]+$/);
  });

  it('says of a single run that nothing was compared', async () => {
    const { html: page } = await makeReport(madeUpReport([{ ...plain, runs: 1 }]));
    expect(page).toContain('<h1>Results of plain</h1>');
    expect(page).toContain('nothing is known of the spread over seeds');
    expect(page).not.toContain('id="tests"');
  });

  it('shows images inside the file, or says that they were left out', async () => {
    const measured = madeUpReport([{ ...plain, runs: 1, evaluated: true }]);
    const { html: page } = await makeReport(measured);
    expect(page).toContain('<img src="data:image/png;base64,iVBORw0KGgo=" width="32" height="32"');
    expect(page).toContain('alt="Test image 7: &lt;cat&gt;, called dog"');
    expect(page).toContain('98.7 %, entropy 0.10, of it 0.05 by the weights');
    expect(page).not.toContain('--evaluate');
    const { html: without } = await makeReport({ ...measured, withoutImages: true });
    expect(without).not.toContain('<img');
    expect(without).toContain('The images were left out of this report');
    expect(report.html).toContain('bayescnn report RUN... --evaluate');
  });

  it('shows warnings of the comparison and of the runs', async () => {
    const [first, ...rest] = input.groups;
    const warned = {
      ...first,
      runs: first.runs.map((run) => ({ ...run, warnings: ['it has <not> ended'] })),
    };
    const { html: page } = await makeReport({
      ...input,
      groups: [warned, ...rest],
      comparison: { ...input.comparison, warnings: ['other data'] },
    });
    expect(page).toContain('<li>other data</li>');
    expect(page).toContain('<li>plain-0: it has &lt;not&gt; ended</li>');
  });
});

/** Relative luminance and contrast of WCAG 2.2. */
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each(['light', 'dark'] as const)('the %s theme', (name) => {
  const { paper, raised, rule: _, ink, muted, ...series } = THEMES[name];

  it('can be read: text at 4.5, lines at 3 (WCAG 1.4.3, 1.4.11)', () => {
    for (const text of [ink, muted])
      for (const ground of [paper, raised]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
    for (const [colour, value] of Object.entries(series))
      expect(contrast(value, paper), colour).toBeGreaterThanOrEqual(3);
    // Links are text of the first colour.
    expect(contrast(series.c1, paper)).toBeGreaterThanOrEqual(4.5);
  });
});
