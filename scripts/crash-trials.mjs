// Kills trainings with SIGKILL at seeded moments and resumes them until they end; each must end in the bytes of a run
// that nothing happened to. Moments: any time, a training step, the middle of a write, sync or rename of a
// checkpoint or another file of the run, the middle of an appended line, the middle of a decode.
//   node scripts/crash-trials.mjs [--trials 100] [--seed 1] [--jobs 2]
// Needs `npm run build`. Exits with 1 when a trial failed; its folder is kept then.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeSyntheticArchive } from '../dist/data/index.js';
import { checkpointFile, loadCheckpoint } from '../dist/results/index.js';
import { Stream, streamKey } from '../dist/rng.js';
import { differences } from './same-run.mjs';

const ROOT = path.resolve(import.meta.dirname, '..');
const FAULTS = path.join(import.meta.dirname, 'faults.mjs');
/** Kills of one trial at most. */
const KILLS = 3;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
  },
});
const [trials, seed, jobs] = [Number(values.trials), Number(values.seed), Number(values.jobs)];
const work = mkdtempSync(path.join(tmpdir(), 'bayescnn-crash-'));
const warmCache = path.join(work, 'cache');

/** Two runs of some 60 steps: one plain, one with all that a Bayesian run keeps. */
const CONFIGS = {
  cnn: { model: { bayesian: 'none' }, train: { optimizer: { kind: 'adam' } }, data: { augment: ['crop'] } },
  bayes: { model: { bayesian: 'conv', posterior: { sigma: 0.02 } }, data: { validation: 20 } },
};

const FILES = [
  ['write', 'last[.]safetensors'],
  ['write', 'step[.]safetensors'],
  ['write', 'best[.]safetensors'],
  ['write', 'metrics[.]jsonl'],
  ['write', 'config[.]json'],
  ['write', 'predictions'],
  ['sync', '(last|step)[.]safetensors'],
  ['sync', 'checkpoints$'],
  ['rename', '(last|best|step)[.]safetensors'],
  ['rename', 'metrics[.]csv'],
  ['append', 'losses[.]jsonl'],
  ['write', 'summary[.]json'],
];

/** What happens to one attempt, drawn from the trial's stream. */
function drawFault(random, first) {
  const kind = random.below(10);
  if (kind < 2) return { after: 0, share: random.uniform(), what: 'any time' };
  if (kind < 5) return { after: 1, share: random.uniform(), what: 'training' };
  if (kind === 5 && first) return { call: 'writeSync', file: '', nth: 1 + random.below(6), what: 'decode' };
  const [call, file] = FILES[random.below(FILES.length)];
  return { call, file, nth: 1 + random.below(3), what: `${call} of ${file.replace(/[[\]\\$()]/g, '')}` };
}

/** Runs the program; resolves with its exit code, or the signal that ended it. */
function bayescnn(args, { cache, fault, times }) {
  const injected = fault?.call === undefined ? [] : ['--import', FAULTS];
  const env = { ...process.env, BAYESCNN_CACHE: cache, FAULT: JSON.stringify({ ...fault, do: 'kill' }) };
  const child = spawn(process.execPath, [...injected, 'bin/bayescnn.js', ...args], { cwd: ROOT, env });
  let text = '';
  let timer;
  const killIn = (milliseconds) => {
    timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  };
  const started = Date.now();
  let training;
  const hear = (chunk) => {
    text += chunk;
    if (training === undefined && text.includes('run folder')) {
      training = Date.now();
      if (fault?.after === 1) killIn(fault.share * times.training);
    }
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  if (fault?.after === 0) killIn(fault.share * times.all);
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const now = Date.now();
      resolve({ code: code ?? signal, text, all: now - started, training: now - (training ?? now) });
    }),
  );
}

const archive = path.join(work, 'archive.tar.gz');
const { sha256 } = await writeSyntheticArchive(archive, { seed: 5, trainPerFile: 20, test: 40 });

function startArgs(kind, name, threads) {
  const file = path.join(work, `${kind}.json`);
  const { data, train, ...rest } = CONFIGS[kind];
  const config = {
    data: { archive, sha256, ...data },
    train: {
      epochs: 4,
      batchSize: 6,
      printEvery: 3,
      checkpoint: { everySteps: 4, everySeconds: 0.2 },
      ...train,
    },
    eval: { samples: 2 },
    ...rest,
  };
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(config));
  return [
    'train',
    '--config',
    file,
    '--name',
    name,
    '--out',
    work,
    '--threads',
    String(threads),
    '--quiet',
  ].filter((arg) => arg !== '--quiet');
}

/** Every checkpoint that a killed run has is whole. */
async function checkCheckpoints(folder) {
  for (const which of ['last', 'best', 'step']) {
    const file = checkpointFile(folder, which);
    if (existsSync(file)) await loadCheckpoint(file);
  }
}

/** The next attempt's arguments: a run that was killed before it had a config starts again. */
function nextArgs(kind, name, threads) {
  const folder = path.join(work, name);
  if (existsSync(path.join(folder, 'config.json')))
    return ['train', '--resume', folder, '--threads', String(threads)];
  rmSync(folder, { recursive: true, force: true });
  return startArgs(kind, name, threads);
}

async function trial(number, times) {
  const random = new Stream(streamKey(seed, `crash ${number}`));
  const kind = Object.keys(CONFIGS)[random.below(2)];
  const name = `trial-${number}`;
  const cache = path.join(work, `cache-${number}`);
  const struck = [];
  for (let attempt = 1; attempt <= KILLS + 1; attempt++) {
    const fault = attempt <= KILLS ? drawFault(random, attempt === 1) : undefined;
    // A cold cache where the decode is to be hit.
    if (attempt === 1 && fault?.what !== 'decode') cpSync(warmCache, cache, { recursive: true });
    const args = nextArgs(kind, name, 1 + random.below(2));
    const { code, text } = await bayescnn(args, { cache, fault, times: times[kind] });
    await checkCheckpoints(path.join(work, name));
    if (code === 0) break;
    if (code !== 'SIGKILL') throw new Error(`${name}: ${struck.join(', ')}: ended with ${code}: ${text}`);
    struck.push(fault.what);
    // Killed on its way out: there is nothing left to resume.
    if (existsSync(path.join(work, name, 'summary.json'))) break;
  }
  const different = differences(path.join(work, name), path.join(work, `${kind}-whole`));
  if (different.length > 0)
    throw new Error(`${name}: ${struck.join(', ')}: other bytes in ${different.join(', ')}`);
  rmSync(path.join(work, name), { recursive: true });
  rmSync(cache, { recursive: true });
  return struck;
}

mkdirSync(warmCache);
const times = {};
for (const kind of Object.keys(CONFIGS)) {
  const { code, text, ...took } = await bayescnn(startArgs(kind, `${kind}-whole`, 2), { cache: warmCache });
  if (code !== 0) throw new Error(`${kind}: ended with ${code}: ${text}`);
  times[kind] = took;
}

let next = 0;
let failures = 0;
const kills = new Map();
async function worker() {
  while (next < trials) {
    const number = next++;
    try {
      for (const what of await trial(number, times)) kills.set(what, (kills.get(what) ?? 0) + 1);
    } catch (error) {
      failures++;
      console.error(error.message);
    }
  }
}
await Promise.all(Array.from({ length: jobs }, worker));

for (const [what, count] of [...kills].sort())
  console.log(`${String(count).padStart(5)}  killed in: ${what}`);
const total = [...kills.values()].reduce((sum, count) => sum + count, 0);
console.log(`${trials} trials, ${total} kills, ${failures} failures (seed ${seed})`);
if (failures === 0) rmSync(work, { recursive: true });
else
  console.log(
    `kept: ${work} (${readdirSync(work)
      .filter((name) => name.startsWith('trial'))
      .join(', ')})`,
  );
process.exitCode = failures === 0 ? 0 : 1;
