/*
 * How long a sweep takes to find its way among many finished runs: plans a sweep, writes the summaries that its runs would
 * leave (generated, nothing is trained), and times the commands that read them.
 *   node scripts/sweep-index.mjs [--runs 100000] [--folder DIR]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SEEDS = 10;
const package_ = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '100000' }, folder: { type: 'string' } },
});
const points = Math.round(Number(values.runs) / SEEDS);
if (!(points >= 1)) throw new Error(`--runs: expected ${SEEDS} or more, got ${values.runs}`);
const folder = values.folder ?? mkdtempSync(path.join(tmpdir(), 'bayescnn-index-'));
mkdirSync(folder, { recursive: true });

const config = path.join(folder, 'sweep.json');
const rates = Array.from({ length: points }, (_, i) => Number((0.01 + (0.1 * i) / points).toPrecision(8)));
writeFileSync(
  config,
  JSON.stringify({
    name: 'many',
    base: path.join(package_, 'configs/cnn.json'),
    search: { kind: 'grid', axes: { 'train.optimizer.learningRate': rates } },
    seeds: Array.from({ length: SEEDS }, (_, i) => i),
  }),
);

function timed(title, ...options) {
  const started = performance.now();
  const args = [
    path.join(package_, 'bin/bayescnn.js'),
    'sweep',
    '--config',
    config,
    '--out',
    folder,
    ...options,
  ];
  execFileSync(process.execPath, args, { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] });
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${title}`);
}

console.log(`${points * SEEDS} runs`);
timed('plan written, a command printed for each run', '--print-commands');
const summary = { epochs: 20, train_images: 50000, train_seconds: 30, total_seconds: 40, final: null };
const plan = readFileSync(path.join(folder, 'many/plan.jsonl'), 'utf8').split('\n').filter(Boolean);
const started = performance.now();
plan.forEach((line, i) => {
  const run = path.join(folder, 'many/runs', JSON.parse(line).name);
  mkdirSync(run, { recursive: true });
  const spread = (i % 97) / 1000;
  const final = {
    epoch: 20,
    test_accuracy: 0.6 + spread,
    test_nll: 1.2 - spread,
    ece: 0.1,
    brier: 0.5,
    predictive_entropy: 0.7,
  };
  writeFileSync(path.join(run, 'summary.json'), JSON.stringify({ ...summary, final }));
});
console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  (generated run folders)`);
timed('dry run that finds them all for the first time', '--dry-run');
timed('dry run again', '--dry-run');
timed('sweep: nothing left to train, table written', '--json');
if (values.folder === undefined) rmSync(folder, { recursive: true });
