import { describe, expect, it } from 'vitest';
import {
  type ComparedRun,
  CSV_COLUMNS,
  compareGroups,
  comparisonMarkdown,
  comparisonRows,
  comparisonText,
  differences,
  flatten,
  markdownTable,
  textTable,
  withoutEmptyColumns,
} from '../../../src/report/index.js';
import { type Behaviour, madeUpRun } from './made-up.js';

const N = 1500;
const OPTIONS = { resamples: 400, seed: 0 };

/** Runs of one behaviour with seeds 0, 1, 2. */
function group(name: string, behaviour: Behaviour, { bayesian = false, runs = 3, start = 1 } = {}) {
  const made = Array.from({ length: runs }, (_, seed) =>
    madeUpRun(`${name}-${seed}`, N, behaviour, { noise: start + seed, seed }),
  );
  return { name, bayesian, runs: made };
}

const plain = group('plain', { skill: 1.5 });

function compare(...groups: { name: string; bayesian: boolean; runs: ComparedRun[] }[]) {
  return compareGroups(groups, OPTIONS);
}

describe('a planted difference', () => {
  it('is detected, in the right direction', () => {
    const [{ metrics, outcome, verdict, caveat }] = compare(
      plain,
      group('better', { skill: 2 }, { bayesian: true, start: 10 }),
    ).comparisons;
    const accuracy = metrics.find(({ metric }) => metric === 'accuracy');
    expect(accuracy?.verdict).toBe('better');
    expect(accuracy?.bootstrap?.low).toBeGreaterThan(0);
    expect(accuracy?.permutation?.low).toBeGreaterThan(0);
    expect(accuracy?.seeds?.low).toBeGreaterThan(0);
    expect(accuracy?.p_adjusted).toBeLessThan(0.05);
    expect(accuracy?.p_adjusted).toBeGreaterThanOrEqual(accuracy?.p as number);
    expect(outcome).toBe('better');
    expect(verdict).toMatch(/^The Bayesian model won: better in accuracy, NLL/);
    expect(caveat).toBeNull();
  });

  it('is called lost when the Bayesian model is the worse one, on either side', () => {
    const good = group('good', { skill: 2 });
    const bad = group('bad', { skill: 1.5 }, { bayesian: true, start: 10 });
    const [second] = compare(good, bad).comparisons;
    const [first] = compare(bad, good).comparisons;
    expect(second.outcome).toBe('worse');
    expect(first.outcome).toBe('better');
    for (const { verdict } of [first, second])
      expect(verdict).toMatch(/^The Bayesian model lost: worse in accuracy, NLL/);
  });

  it('may be one of calibration alone', () => {
    const sharp = group('sharp', { skill: 1.5, sharpness: 2.5 });
    const [{ metrics, verdict }] = compare(plain, sharp).comparisons;
    const verdicts = Object.fromEntries(metrics.map((row) => [row.metric, row.verdict]));
    expect(verdicts).toMatchObject({ accuracy: 'no significant difference', ece: 'worse', nll: 'worse' });
    expect(verdict).toMatch(/^"sharp" lost: worse in NLL.*; no significant difference in accuracy/);
  });
});

describe('no difference', () => {
  it('is found between identical runs', () => {
    const copy = { ...plain, name: 'copy', bayesian: true };
    const [{ metrics, outcome, verdict, mcnemar }] = compare(plain, copy).comparisons;
    expect(outcome).toBe('no significant difference');
    expect(verdict).toBe('No significant difference in accuracy, NLL, Brier, ECE and AURC.');
    for (const row of metrics) {
      expect(row).toMatchObject({ difference: 0, p: 1, p_adjusted: 1, bootstrap: { low: 0, high: 0 } });
    }
    expect(mcnemar.map(({ p }) => p)).toEqual([1, 1, 1]);
  });

  it('is found between models that differ by noise', () => {
    const [{ outcome }] = compare(plain, group('again', { skill: 1.5 }, { start: 20 })).comparisons;
    expect(outcome).toBe('no significant difference');
  });

  it('is the verdict when images say yes and seeds say no', () => {
    // Both means agree, but single runs lie far apart.
    const spread = (name: string, skills: number[]) => ({
      name,
      bayesian: false,
      runs: skills.map((skill, i) => madeUpRun(`${name}-${i}`, N, { skill }, { noise: 30 + i })),
    });
    const [{ metrics }] = compare(spread('a', [0.4, 2.2]), spread('b', [0.7, 2.5])).comparisons;
    const accuracy = metrics.find(({ metric }) => metric === 'accuracy');
    expect(accuracy?.permutation?.p).toBeLessThan(0.01);
    expect(accuracy?.seeds?.p).toBeGreaterThan(0.05);
    expect(accuracy?.verdict).toBe('no significant difference');
  });
});

describe('what cannot be tested', () => {
  it('single runs are tested on images, and that is said', () => {
    const single = { ...plain, runs: plain.runs.slice(0, 1) };
    const [{ metrics, outcome, caveat }] = compare(
      single,
      group('better', { skill: 2 }, { runs: 1, start: 10 }),
    ).comparisons;
    expect(metrics[0].seeds).toBeNull();
    expect(outcome).toBe('better');
    expect(caveat).toMatch(/^A group has a single run/);
  });

  it('different test images leave the seeds alone', () => {
    const elsewhere = group('elsewhere', { skill: 2.5 }, { start: 10 });
    for (const run of elsewhere.runs) run.predicted.indices[0] = 77;
    const [{ images, metrics, mcnemar, caveat }] = compare(plain, elsewhere).comparisons;
    expect(images).toBeNull();
    expect(mcnemar).toEqual([]);
    expect(metrics[0]).toMatchObject({ bootstrap: null, permutation: null, verdict: 'better' });
    expect(metrics[0].p).toBe(metrics[0].seeds?.p);
    expect(caveat).toBe('The runs saw different test images: only training seeds were tested.');
  });

  it('different test images and single runs leave nothing', () => {
    const elsewhere = group('elsewhere', { skill: 2.5 }, { runs: 1, start: 10 });
    elsewhere.runs[0].predicted.labels[3] ^= 1;
    const [{ outcome, verdict, caveat, metrics }] = compare(plain, elsewhere).comparisons;
    expect(outcome).toBe('not tested');
    expect(verdict).toBe('Nothing was tested.');
    expect(caveat).toContain('there is no test');
    expect(metrics.every(({ p, p_adjusted }) => p === null && p_adjusted === null)).toBe(true);
  });
});

describe('the report', () => {
  const second = group('sharp', { skill: 1.5, sharpness: 2.5 }, { bayesian: true });
  const report = {
    ...compare(plain, second),
    settings: [
      {
        setting: 'a|b',
        values: [
          { value: '1', runs: ['x'] },
          { value: '2', runs: ['y'] },
        ],
      },
    ],
    environment: [],
    warnings: ['careful'],
    ...OPTIONS,
  };

  it('summarises groups over runs', () => {
    const [{ metrics, cost, runs, seeds }] = report.groups;
    expect([runs, seeds]).toEqual([
      ['plain-0', 'plain-1', 'plain-2'],
      [0, 1, 2],
    ]);
    expect(metrics.accuracy.sd).toBeGreaterThan(0);
    expect(cost).toMatchObject({
      train_seconds: { mean: 10, sd: 0 },
      images_per_second: { mean: null, sd: null },
    });
  });

  it('is text with everything in it', () => {
    const text = comparisonText(report);
    expect(text).toMatch(/^accuracy % +\d\d\.\d\d ± \d\.\d\d +\d\d\.\d\d ± \d\.\d\d$/m);
    expect(text).toContain('sharp against plain, on the same 1,500 test images');
    expect(text).toContain('The Bayesian model lost: worse in');
    expect(text).toMatch(/^training images\/s +not known +not known$/m);
    expect(text).toContain('settings that differ:\n  a|b: 1 (x); 2 (y)');
    expect(text).toContain('environment that differs: none');
    expect(text).toContain('after Holm over 5 tests');
  });

  it('is Markdown whose tables have one width', () => {
    const text = comparisonMarkdown(report);
    expect(text).toContain('**The Bayesian model lost');
    expect(text).toContain('- careful');
    const tables = text.split('\n\n').filter((part) => part.startsWith('|'));
    expect(tables).toHaveLength(3);
    for (const lines of tables.map((table) => table.split('\n'))) {
      const widths = lines.map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
  });

  it('is CSV rows of one width, tests in those of the other group', () => {
    const rows = comparisonRows(report);
    expect(rows).toHaveLength(2 * (8 + 4));
    for (const row of rows) expect(row).toHaveLength(CSV_COLUMNS.length);
    const find = (name: string) => rows.find(([each, , metric]) => each === name && metric === 'ece');
    expect(find('plain')?.at(-1)).toBeNull();
    expect(find('sharp')?.at(-1)).toBe('worse');
  });
});

describe('differences of settings', () => {
  it('lists every path with who has what', () => {
    const runs = [
      { name: 'x', settings: flatten({ a: 1, b: { c: [1, 2], d: null }, e: true }) },
      { name: 'y', settings: flatten({ a: 1, b: { c: [1, 3], d: null } }) },
      { name: 'z', settings: flatten({ a: 1, b: { c: [1, 2], d: 0 } }) },
    ];
    expect(differences(runs)).toEqual([
      {
        setting: 'b.c',
        values: [
          { value: '[1,2]', runs: ['x', 'z'] },
          { value: '[1,3]', runs: ['y'] },
        ],
      },
      {
        setting: 'b.d',
        values: [
          { value: 'null', runs: ['x', 'y'] },
          { value: '0', runs: ['z'] },
        ],
      },
      {
        setting: 'e',
        values: [
          { value: 'true', runs: ['x'] },
          { value: '(none)', runs: ['y', 'z'] },
        ],
      },
    ]);
    expect(differences(runs.slice(0, 1))).toEqual([]);
  });
});

describe('tables', () => {
  it('line up, names left and numbers right', () => {
    expect(
      textTable([
        ['', 'n'],
        ['first', '1'],
        ['b', '1,000'],
      ]),
    ).toBe('           n\nfirst      1\nb      1,000');
  });

  it('go on below where a line has no room, beside their keys', () => {
    const rows = [
      ['set', 'score', 'AUROC', 'FPR95'],
      ['noise', 'entropy', '0.5', '0.25'],
    ];
    expect(textTable(rows, 21, 2)).toBe(
      'set      score  AUROC\nnoise  entropy    0.5\n\nset      score  FPR95\nnoise  entropy   0.25',
    );
    expect(textTable(rows, 28, 2)).toBe(textTable(rows));
    expect(textTable(rows, 10)).toBe(
      'set      score\nnoise  entropy\n\nset    AUROC\nnoise    0.5\n\nset    FPR95\nnoise   0.25',
    );
  });

  it('leave out columns without a value', () => {
    const rows = [
      ['', 'p', 'seeds'],
      ['a', '-', '-'],
      ['b', '0.1', '-'],
    ];
    expect(withoutEmptyColumns(rows)).toEqual([
      ['', 'p'],
      ['a', '-'],
      ['b', '0.1'],
    ]);
  });

  it('escape what Markdown takes for a border', () => {
    expect(
      markdownTable([
        ['a', 'b'],
        ['x|y', '1'],
      ]),
    ).toBe('| a | b |\n| --- | ---: |\n| x\\|y | 1 |');
  });
});
