import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonReport } from '../../src/report/index.js';
import type { ReportResult } from '../../src/runs/report.js';
import { run, scratch, sharedCache, tinyTraining } from './command.js';
import { runHere } from './in-process.js';

const { directory, remove } = scratch();
afterAll(remove);
const options = { cache: sharedCache };
const bayescnn = (...args: string[]) => runHere(args, options);
const out = path.join(directory, 'results');
const folder = (name: string) => path.join(out, name);
const FEW = ['--resamples', '100'];

async function report(...args: string[]): Promise<ReportResult> {
  const { code, stdout, stderr } = await bayescnn('report', ...args, ...FEW, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as ReportResult;
}

describe('report', () => {
  beforeAll(async () => {
    for (const [name, bayesian] of [
      ['cnn', 'none'],
      ['bayes', 'conv'],
    ]) {
      const args = tinyTraining(out, '--name', name, '--quiet', '--set', `model.bayesian=${bayesian}`);
      const { code, stderr } = await bayescnn(...args);
      expect(code, stderr).toBe(0);
    }
  });

  it('needs nothing but the run folders', async () => {
    // Not even the images of the cache.
    const empty = path.join(directory, 'empty');
    const args = ['report', folder('cnn'), folder('bayes'), ...FEW, '--json'];
    const { code, stdout: text, stderr } = await runHere(args, { cache: empty });
    expect(code, stderr).toBe(0);
    expect(existsSync(empty)).toBe(false);
    const result = JSON.parse(text) as ReportResult;
    expect(result.report).toBe(path.join(out, 'report.html'));
    expect(result.groups.map(({ name }) => name)).toEqual(['cnn', 'bayes']);
    const page = readFileSync(result.report, 'utf8');
    expect(Buffer.byteLength(page)).toBe(result.bytes);
    expect(result.bytes).toBeLessThan(1_000_000);
    const { stdout } = await bayescnn('compare', folder('cnn'), folder('bayes'), ...FEW, '--json');
    const { comparisons, groups } = JSON.parse(stdout) as ComparisonReport;
    expect(result.verdicts).toEqual([comparisons[0].verdict]);
    expect(page).toContain(comparisons[0].verdict);
    expect(page).toContain(`<td>${(100 * (groups[1].metrics.accuracy.mean as number)).toFixed(2)}</td>`);
    for (const id of ['training-test-nll', 'reliability-bayes', 'risk-coverage', 'entropy-cnn', 'snr-bayes'])
      expect(page).toContain(`<figure id="${id}">`);
  });

  it('writes plots, and replaces an earlier report with the same bytes', async () => {
    const file = path.join(directory, 'mine.html');
    const [png, again] = [path.join(directory, 'png'), path.join(directory, 'again')];
    const first = await report(folder('cnn'), '--out', file, '--png', png);
    const before = readFileSync(file);
    expect(first.png.map((each) => path.basename(each)).sort()).toEqual(readdirSync(png).sort());
    expect(first.png).toContain(path.join(png, 'reliability-cnn.png'));
    // From a process of its own too.
    const program = await run(['report', folder('cnn'), '--out', file, '--png', again, ...FEW], options);
    expect(program.code, program.stderr).toBe(0);
    expect(readFileSync(file).equals(before)).toBe(true);
    for (const name of readdirSync(png)) {
      const bytes = readFileSync(path.join(png, name));
      expect(bytes.subarray(1, 4).toString(), name).toBe('PNG');
      expect(readFileSync(path.join(again, name)).equals(bytes), name).toBe(true);
    }
  });

  it('evaluates what needs the images, and keeps it', async () => {
    const file = path.join(directory, 'evaluated.html');
    const options = ['--evaluate', '--samples', '2', '--subset', '20', '--threads', '1'];
    await report(folder('bayes'), '--out', file, ...options);
    const page = readFileSync(file, 'utf8');
    for (const id of [
      'samples-accuracy',
      'corruption-nll',
      'corruption-kinds',
      'outside-bayes',
      'outside-auroc',
    ])
      expect(page).toContain(`<figure id="${id}">`);
    expect(page.match(/<img src="data:image\/png;base64,/g)?.length).toBeGreaterThan(12);
    await report(folder('bayes'), '--out', file);
    expect(readFileSync(file, 'utf8')).toBe(page);
    await report(folder('bayes'), '--out', file, '--no-images');
    expect(readFileSync(file, 'utf8')).not.toContain('<img');
    writeFileSync(path.join(folder('bayes'), 'report-evaluation.json'), '{"bayescnn_evaluation": 1}');
    const { code, stderr } = await bayescnn('report', folder('bayes'), '--out', file);
    expect([code, stderr]).toEqual([3, expect.stringContaining('expected an evaluation kept by')]);
    rmSync(path.join(folder('bayes'), 'report-evaluation.json'));
  });

  it('says that a run has not ended', async () => {
    const summary = path.join(folder('bayes'), 'summary.json');
    const kept = readFileSync(summary);
    rmSync(summary);
    const { report: file } = await report(folder('bayes'));
    writeFileSync(summary, kept);
    expect(file).toBe(path.join(folder('bayes'), 'report.html'));
    expect(readFileSync(file, 'utf8')).toContain(
      'bayes: it has not ended: its best checkpoint is of epoch 2 of 2',
    );
  });

  it('overwrites nothing but reports', async () => {
    const file = path.join(directory, 'thesis.html');
    writeFileSync(file, '<p>mine</p>');
    const refused = await bayescnn('report', folder('cnn'), '--out', file);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toContain('expected a new file or an earlier report');
    expect(readFileSync(file, 'utf8')).toBe('<p>mine</p>');
    const plots = path.join(directory, 'plots');
    mkdirSync(plots);
    const taken = await bayescnn(
      'report',
      folder('cnn'),
      '--out',
      path.join(directory, 'x.html'),
      '--png',
      plots,
    );
    expect(taken.code).toBe(2);
    expect(taken.stderr).toContain(`--png ${plots}: expected a new folder`);
    expect(existsSync(path.join(directory, 'x.html'))).toBe(false);
  });

  it('refuses what is no run, and a run given twice', async () => {
    for (const [args, message] of [
      [[directory], /expected a run folder, got a folder without config.json/],
      [[folder('cnn'), `${folder('cnn')}/`], /report: expected each run once/],
    ] as const) {
      const { code, stderr } = await bayescnn('report', ...args);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    }
  });
});
